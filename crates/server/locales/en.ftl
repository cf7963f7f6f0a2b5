# What people read. Plain words, short sentences, for someone who is locked out and worried.
# Every problem says what to do next.

## On every page

skip = Skip to the form
error-prefix = Error:
page-title = { $page } · { $organisation }
needs-person = Would you rather talk to a person?
demo-note = This is a demonstration: no message leaves this computer.
demo-inbox = See the messages
user-id = User ID
next = Next
cancel = Cancel
go-on = Go on
start-again = Start again
to-sign-in = Sign in
problem = Something needs your attention

## Sign in

sign-in-title = Sign in
sign-in-hint = Your User ID is usually your work email address.
sign-in-empty = Type your User ID, then press Next.
password-label = Password
password-title = Type your password
sign-in-button = Sign in
forgotten = Forgotten my password
other-user = Use another User ID
sign-in-wrong = That did not work. Check your User ID and type your password again. If you no longer know it, press “Forgotten my password”: you can choose a new one. If you are sure of it, your account may be locked: follow “I know my password, but still can’t sign in”.
sign-in-disabled = Your password is right, but this account is switched off. Please ask the { $team } to switch it on again.
sign-in-resting = There were too many wrong passwords for this User ID or from your network. You can try again { $when }. If you have forgotten it, you can choose a new one now.
sign-in-unavailable = We cannot check passwords at this moment. Nothing is wrong with your account. Please wait a minute and press Sign in again.
show-password = Show password
still-locked = I know my password, but still can’t sign in
sign-out = Sign out
signed-out = You have signed out.

## Signed in

account-title = Your account
account-welcome = Welcome, { $name }. What would you like to do?
account-register = Don’t lose access to your account
account-register-help = See or change the phone and the email address by which we recognise you.
account-change = Change my password
account-change-help = You need the password you have now.
account-practise = Practise a reset
account-practise-help = Go through all steps once. Nothing is changed at the end.
account-activity = See what happened with my account
account-activity-help = The last 20 events, with when and from where.

## Get back into your account

reset-title = Get back into your account
who-title = Who are you?
who-intro = You can choose a new password here by yourself. It takes about two minutes.
who-empty = Type your User ID first. It is usually your work email address.
who-captcha = The characters did not match. That happens easily. Look at the new picture or play the new sound, then type what you see or hear.
who-no-characters = Type the characters you see in the picture or hear in the sound, then press Next.
who-unavailable = We cannot look up accounts at this moment. Nothing is wrong with yours. Please wait a minute and press Next again.
check-working = Checking that you are not a program…
check-done = Checked: you are not a program.
check-failed = The check did not finish. Please use the picture or the sound instead.
captcha-legend = Show that you are not a program
captcha-help = Look at the picture or play the sound: both give the same characters. Capitals do not matter.
captcha-alt = A picture of six letters and digits. The sound below says the same characters.
captcha-audio = The same characters, spoken
captcha-label = Characters you see or hear
captcha-new = New picture
correct-user-id = Not your User ID? Correct it

steps-label = Your steps
step-done = done
step-1 = verification step 1
step-2 = verification step 2
step-password = choose a new password
step-unlock = unlock your account

## Choose a way

choose-title = How shall we check that it is you?
choose-only = Please choose the contact method we should use for verification:
choose-first = Please choose the first contact method we should use for verification:
choose-second = Thank you, the first step is done. Please choose the second contact method we should use for verification:
choose-nothing = Choose one of the ways below, then press its button.
choose-email = Email my alternative email address
choose-text = Send a text to my mobile phone number
choose-mobile = Call my mobile phone number
choose-office = Call my office phone number
choose-with-mask = { $label } ({ $mask })
explain-email = You will get an email with a verification code at your alternative email address ({ $mask }).
explain-text = You will get a text message with a verification code on your mobile phone ({ $mask }).
explain-mobile = Your mobile phone ({ $mask }) will ring, and a voice will read you a verification code. Have something to write with.
explain-office = Your office phone ({ $mask }) will ring, and a voice will read you a verification code. Choose this only if you are beside that phone.
button-email = Email
button-text = Text
button-call = Call
confirm-phone = Your whole phone number
confirm-phone-hint = With its area code, for example 07700 900123.
confirm-email = Your whole email address
confirm-email-hint = The alternative address you registered.
choose-confirm-phone = That is not the number we have. Type your whole phone number with its area code, or choose another way.
choose-confirm-email = That is not the address we have. Type your whole alternative email address, or choose another way.
choose-no-codes = We have sent all the codes we can for now. Please use the last one you got, start again later, or ask the { $team }.
choose-too-many = So many codes went there that it must rest. You can use it again { $when }. Until then choose another way, or ask the { $team }.
choose-none-fits = Can you use none of these?
choose-none-help = Ask the { $team }. They can help you in another way.

## The code

code-title = Enter your verification code
code-sent-email = We have sent an email with a verification code to { $mask }.
code-sent-text = We have sent a text message with a verification code to { $mask }.
code-sent-mobile = We are calling your mobile phone { $mask }. A voice will read you a verification code.
code-sent-office = We are calling your office phone { $mask }. A voice will read you a verification code.
code-label = Enter your verification code
code-hint = Six digits. You can paste them.
code-empty = Type the code from the message or call, then press Next.
code-wrong = That is not the code we sent. Check it and type it again. { $left ->
    [one] You have one try left.
   *[other] You have { $left } tries left.
}
code-late = That code is too old. Press “Send another code” and use the new one.
code-too-many = So many codes went there that it must rest. You can ask for another { $when }. Until then choose another way.
code-early = Please wait a little longer: another code can be sent in { $seconds ->
    [one] one second.
   *[other] { $seconds } seconds.
}
code-early-over = You can ask for another code now: press “Send another code”.
resend = Send another code
resend-wait = You can ask for another code in { $seconds ->
    [one] one second.
   *[other] { $seconds } seconds.
}
resend-none = We have sent all the codes we can for now. Please use the last one.
other-way = Choose another way
nothing-came = Nothing arrived?
nothing-minute = Give it a minute. Messages can be slow.
nothing-email = Look in the spam or junk folder of { $mask }.
nothing-text = Check that your mobile phone ({ $mask }) is switched on and has a signal.
nothing-call = Check that the phone ({ $mask }) is free and not set to silent.
nothing-user-id = Check your User ID: { $user }. With a slip in it we would not find you, and no code would come. We cannot tell you whether an account exists, to keep everyone’s account safe.
nothing-fix = Correct my User ID
nothing-team = If it still does not work, ask the { $team }.

## Unlocking

unlock-title = Unlock your account
unlock-ready = One step left
who-intro-unlock = You know your password, but it is not taken: your account may be locked. You can unlock it here by yourself. Your password stays as it is.
unlock-body = You have shown who you are. Your password stays as it is: after unlocking, sign in with it.
unlock-button = Unlock my account
unlock-refused = Your account could not be unlocked. Please ask the { $team }.
unlock-unavailable = We could not reach the system that keeps accounts. Please press “Unlock my account” again in a minute.
unlocked-title = Your account is unlocked
unlocked-body = You can sign in with your password now.
unlocked-notice = We have told you about this at the addresses we have for you.
rehearsed-title = That went well
rehearsed-body = You have practised a reset to its end. Nothing was changed: your password is as it was.
rehearsed-next = You will find the date of this rehearsal on your registration page.
superseded-title = Something has changed
superseded-body = What is registered for your account was changed while you were here. To be safe, we have stopped.
superseded-next = Please start again. If it was not you who changed it, ask the { $team }.
who-not-yours = Practise with your own User ID, the one you signed in with.

## Changing a password that one knows

change-title = Change your password
change-must = Before you go on, please choose a new password. The one you have was given to you by somebody else, or it has grown too old.
change-old = The password you have now
change-button = Change my password
change-old-wrong = The password you have now was not right. Type it again, and the new one in both boxes.
change-resting = There were too many wrong passwords for this User ID. You can try again { $when }. Your password is as it was.
change-many = We have stopped there, because too many passwords were turned down. Your password is as it was. You can start again here.
change-over = That page belonged to an attempt that is over. You can start again here.
change-done = Your password is changed. Wherever else you were signed in here, you are signed out.
change-perhaps = We sent your new password off, but the answer got lost, so we do not know yet whether it is in place. Sign in with your new password. If that does not work, use the old one.

## The new password

new-title = Choose a new password
new-rules = Your new password
rule-length = has { $min } to { $max } characters
rule-kinds = has { $wanted } of these: small letters, capitals, digits, signs
rule-not-you = does not contain your name, User ID, address or phone number
rule-guess = is hard to guess: three or four words that do not belong together work well
rule-history = { $count ->
    [one] is not the one you have now
   *[other] is none of your last { $count }
}
rule-anything = may have spaces, accents and signs of any kind
new-label = Enter new password
again-label = Confirm new password
show-passwords = Show passwords
strength = Strength:
strength-weak = weak
strength-fair = fair
strength-good = good
strength-strong = strong
finish = Finish
phrases-ask = Make me a password
phrases-title = Three passwords made for you
phrases-hint = Each is five words drawn by chance ({ $bits } bits): nobody can guess it. Choose one, write it down, and type it in both boxes with its spaces. This page is the only place that shows them.
phrases-take = Use this one
phrases-none = We could not make a password that fits all the rules. Please think of one yourself.
bad-empty = Type your new password in both boxes.
bad-mismatch = The two passwords are not the same. Type the new password again in both boxes.
bad-short = That password is too short. Use at least { $min } characters.
bad-long = That password is too long. Use at most { $max } characters.
bad-control = That password has a character that cannot be typed again, such as a line break. Leave it out.
bad-user-id = That password contains your User ID. Choose one without it.
bad-kinds = That password needs more kinds of characters. Use { $wanted } of these: small letters, capitals, digits, signs.
bad-name = That password contains “{ $word }”, which is part of your name or address. Choose one without it.
bad-organisation = That password contains the name of the organisation. Choose one without it.
bad-number = That password contains your phone number. Choose one without it.
bad-code = That password contains the verification code you have just used. Choose one without it.
bad-like-old = That password is too much like your old one. Choose one that has little in common with it.
bad-word = “{ $word }” and words like it are tried first by attackers, and there is too little else in that password. Add several letters or another unusual word.
bad-words = That password is made of words or patterns that attackers try first. Add several letters, or use three or four words that do not belong together.
bad-breached = That password has been stolen somewhere before, so attackers have it on their lists. Choose another, and stop using that one elsewhere.
bad-easy = That password is too easy to guess. Make it longer, or use three or four words that do not belong together.
bad-history = You have used that password before. Choose one you have not used here.
bad-complexity = That password needs more kinds of characters. Mix small letters, capitals, digits and signs.
bad-young = Your password was changed a short while ago and cannot be changed again yet. Please ask the { $team }.
bad-young-until = Your password was changed a short while ago. It can be changed again { $when }.
bad-dictionary = That password is on a list of well-known passwords. Choose another.
bad-refused = That password was not accepted. Choose a different one, longer if you can.
bad-unavailable = We could not reach the system that keeps passwords. Nothing has changed. Please type your new password again in a minute.
bad-was = The one you typed was { $word }.

note-moved = You had already gone on from that page. This is where you are now.
note-other = This is the reset you have begun already, for the User ID shown here. To reset another one, correct the User ID.
note-over = That page belonged to an attempt that is over. Nothing was changed. You can start again here.
note-sent = We have sent another code. Only the newest one works.

## Time

time-until = You have until { $clock } to finish.
time-left = Less than { $time } left.
time-more = I need more time
time-given = Done. You have more time now, until { $clock }.
time-last = This time cannot be made longer again.

## While something is being done

wait-title = One moment, please
wait-body = We are working on it. Press Go on if this page stays.

## How it ends

reference = Your reference number
reference-help = Tell it to the { $team }. It finds this attempt and opens nothing.
done-title = You have a new password
done-body = Your password is changed. The old one no longer works.
done-next = What to do now
done-sign-in = Sign in with your new password.
done-devices = Your phone, tablet or mail program may still use the old password. Type the new one there when they ask, or they may lock you out again.
done-notice = If we have a way to write to you, we are sending you a message about this change. If it was not you, tell the { $team } at once.
unknown-title = Your new password may work already
unknown-body = We sent your new password off, but the answer got lost. So we do not know yet whether it is in place.
unknown-try-new = Try to sign in with your new password.
unknown-try-old = If that does not work, try the old one.
unknown-again = If neither works, start again here.
team-title = We need to help you in person
team-body = You cannot choose a new password here by yourself this time. That is nothing you did wrong. The { $team } will help you.
team-body-unlock = You cannot unlock your account here by yourself this time. That is nothing you did wrong. The { $team } will help you.
tries-title = Too many wrong answers
tries-body = To protect the account we have stopped here. Nothing has changed: your old password is as it was.
tries-next = You can start again. If codes keep failing, ask the { $team }.
pictures-title = The characters did not match
pictures-body = That happens: some pictures are hard to read. Nothing has changed.
pictures-next = Start again for a fresh picture and sound, or ask the { $team }.
resting-title = This account is resting
resting-body = There were too many wrong answers for this account, so resets rest for a while to protect it. Nothing has changed: your old password is as it was.
resting-body-unlock = There were too many wrong answers for this account, so unlocking it here rests for a while. Nothing has changed: your password is as it was.
resting-when = You can start again { $when }.
resting-next = If you cannot wait, ask the { $team }.
expired-title = Your time ran out
expired-body = We stopped here because nothing happened for a while. Nothing has changed: your old password is as it was.
expired-next = You can start again at once.
cancelled-title = You stopped here
cancelled-body = Nothing has changed: your old password is as it was.
cancelled-next = You can sign in, or start again whenever you like.
for-user = This was for the User ID { $user }.

## The care team

contact-title = Talk to a person
contact-intro = The { $team } helps you when you cannot get back into your account by yourself.
contact-safe = They will never ask you for your password or for a code we sent you.
contact-mail = Email
contact-phone = Telephone
contact-hours = Opening hours
contact-zone = Times are those of { $zone }.
contact-holidays = Closed as well on: { $days }.
open-until = Open now until { $clock }
opens-today = Opens today at { $clock }
opens-tomorrow = Opens tomorrow at { $clock }
opens-day = Opens { $day } at { $clock }
opens-never = Closed for now
closed = closed
shift = { $from } to { $until }
day-1 = Monday
day-2 = Tuesday
day-3 = Wednesday
day-4 = Thursday
day-5 = Friday
day-6 = Saturday
day-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date = { $day } { $date } { $month }
when-today = today at { $clock }
when-tomorrow = tomorrow at { $clock }
when-day = on { $day } at { $clock }

## When something is wrong with the request

back-home = Go to the first page
back-reset = Go on here
incident = Incident number
incident-help = Tell it to the { $team } if it happens again.
old-title = This page had grown old
old-body = Perhaps it was open for a long time, or your browser keeps no cookies for this site. Nothing was changed.
old-next = Go on here. If you come back to this page again, allow cookies for this site, or use another browser.
missing-title = There is no such page
missing-body = The address may have a slip in it, or the page has moved.
method-title = That cannot be done here
method-body = Your browser asked for this page in a way it does not know. Nothing was changed.
unreadable-title = We could not read that form
unreadable-body = Something in it was missing, came twice or was not text. Nothing was changed.
overlong-title = That was too long
overlong-user = A User ID has at most 320 characters. Nothing was changed.
overlong-code = A verification code is much shorter. Nothing was changed.
overlong-password = A password may fill at most 1,024 bytes. Nothing was changed.
overlong-field = One of the boxes held far more than fits. Nothing was changed.
large-title = That was too much to send
large-body = The form was far larger than any of ours. Nothing was changed.
busy-title = Many people are here just now
busy-body = We could not check your password in time. Nothing was changed. Please go back in a moment, type your new password in both boxes again, and press Finish.
host-title = Wrong address
host-body = This server does not answer to that name. Please use the address your organisation gave you.
fault-title = Something went wrong on our side
fault-body = It is not your fault, and your password is as it was unless a page told you otherwise. Please try again in a minute.

## Messages: email, text and call

message-code-subject = { $code } is your { $organisation } verification code
message-code-title = Your verification code
message-code-intro = Here is the code to get back into the account { $user }. Type it on the page that asked for it:
message-code-after = It works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
 }, on that page only. Nobody from { $organisation } will ever ask you for it.
message-code-not-you = Was this not you? Then ignore this message: without the code nothing changes.
message-code-unlock-intro = Here is the code to unlock the account { $user }. Type it on the page that asked for it:
message-code-register-intro = Here is the code to show that this address is yours, for the account { $user }. Type it on the page that asked for it:
message-code-register-short = { $code } is the code to register this number with { $organisation }. Tell it to nobody.
message-code-register-spoken = Hello. This is { $organisation }. Here is the code to register this telephone.
message-code-rehearsal-intro = You are practising a reset of { $user }, and nothing will be changed. Here is the code for the rehearsal:
message-code-rehearsal-after = It works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
 }, in that rehearsal only. Nobody from { $organisation } will ever ask you for it.
message-code-rehearsal-short = { $code } is your { $organisation } code for the rehearsal. Nothing will be changed.
message-code-rehearsal-spoken = Hello. This is { $organisation }. This is a rehearsal, and nothing will be changed. Here is your code.
message-code-short = { $code } is your { $organisation } verification code. Tell it to nobody.
message-code-spoken = Hello. This is { $organisation }. Here is your verification code.
message-code-spoken-end = If you did not ask for this code, you can hang up. Goodbye.
message-changed-subject = The password of { $user } was changed
message-changed-title = Your password was changed
message-changed-intro = A new password was chosen for your { $organisation } account.
message-changed-perhaps = A new password was chosen for your { $organisation } account. We do not know yet whether it is in place.
message-changed-user = User ID: { $user }
message-changed-when = When: { $when }
message-changed-where = From: { $address }
message-changed-not-you = Was this you? Then there is nothing to do. If it was not, tell { $team } now:
message-changed-call = Telephone: { $telephone }
message-changed-mail = Email: { $mail }
message-changed-short = { $organisation }: the password of { $user } was changed.
message-changed-short-call = Not you? Call { $telephone }.
message-changed-short-mail = Not you? Write to { $mail }.

message-unlocked-subject = The account { $user } was unlocked
message-unlocked-title = Your account was unlocked
message-unlocked-intro = Somebody proved to be you and unlocked your { $organisation } account. Your password stays as it was.
message-unlocked-short = { $organisation }: the account { $user } was unlocked.
contact-mobile = authentication phone
contact-email = authentication email address
contact-office = office phone
message-registered-subject = What is registered for { $user } was changed
message-added-title = Something new is registered for you
message-added-intro = A new { $contact } was registered for your { $organisation } account. With it, a forgotten password can be replaced.
message-added-short = { $organisation }: a new { $contact } was registered for { $user }.
message-replaced-title = What is registered for you was changed
message-replaced-intro = The { $contact } of your { $organisation } account was changed for another. With the new one, a forgotten password can be replaced.
message-replaced-short = { $organisation }: the { $contact } of { $user } was changed.
message-removed-title = Something registered for you was removed
message-removed-intro = The { $contact } of your { $organisation } account was removed.
message-removed-short = { $organisation }: the { $contact } of { $user } was removed.
message-undo-not-you = Was this you? Then there is nothing to do. If it was not, press “This wasn’t me”: it undoes the change and stops all resets of your password. It works for 30 days. You can also tell { $team }:
message-undo = This wasn’t me
message-short-undo = Not you? { $link }
message-frozen-subject = Resets of { $user } are stopped
message-frozen-title = Resets are stopped
message-frozen-intro = Somebody pressed “This wasn’t me” for your { $organisation } account. The change is undone, and nobody can reset its password until you lift this.
message-frozen-short = { $organisation }: resets of { $user } are stopped and the change is undone.
message-frozen-not-you = To lift it, sign in with your password and open your registration page, or ask { $team }:
message-thawed-subject = Resets of { $user } are possible again
message-thawed-title = Resets are possible again
message-thawed-intro = Resets of your { $organisation } account had been stopped. That was lifted: a forgotten password can be replaced again.
message-thawed-short = { $organisation }: resets of { $user } are possible again.

## The demo's inbox

inbox-title = Messages
inbox-intro = In this demonstration every email, text and call ends here, the newest first.
inbox-empty = Nothing has been sent yet. Ask for a code, then come back.
inbox-email = Email to
inbox-text = Text to
inbox-call = Call to
inbox-again = Look again
inbox-back = Back to the reset
