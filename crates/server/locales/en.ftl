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
sign-in-hint = Your User ID is usually { $usual }.
user-id-usual = your work email address
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
account-as = You are signed in as { $user }.
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
who-empty = Type your User ID first. It is usually { $usual }.
who-captcha = The characters did not match. That happens easily. Look at the new picture or play the new sound, then type what you see or hear.
who-no-characters = Type the characters you see in the picture or hear in the sound, then press Next.
who-limited = Too many resets were started for this User ID, from your network, or by everybody together. Nothing is lost. Please press Next again { $when }. If you cannot wait, ask the { $team }.
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
choose-too-many = We have sent too many codes there for now. You can use it again { $when }. Until then choose another way, or ask the { $team }.
choose-not-now-phone = Codes cannot go to telephones just now. Nothing is wrong with your account. Please choose another way, or come back { $when }. If you cannot wait, ask the { $team }.
choose-not-now-email = Codes cannot go by email just now. Nothing is wrong with your account. Please choose another way, or come back { $when }. If you cannot wait, ask the { $team }.
choose-not-now-all = Codes cannot be sent just now. Nothing is wrong with your account. Please come back { $when }. If you cannot wait, ask the { $team }.
choose-stopped = Not available just now.
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
code-not-now = Another code cannot go this way just now. If the last one has come, type it. Else choose another way, or ask for a new code { $when }.
code-resting = Too many wrong codes came from your network, or from everywhere together. This one was not looked at, and nothing is lost. You can type it again, or ask for a new one, { $when }.
code-too-many = We have sent too many codes there for now. You can ask for another { $when }. Until then choose another way.
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

## What is registered

register-title = Don’t lose access to your account!
register-intro = To make sure that you can reset your password, we need to collect some info so that we can verify who you are. We won’t use this to spam you – we’ll just use it to make your account more secure.
register-needed-count = You’ll need to set up at least { $needed } of the options below.
register-missing = { $missing ->
    [one] One is still missing.
   *[other] { $missing } are still missing.
}
register-enough = You have set up enough.
row-office = Office phone
row-mobile = Authentication Phone
row-email = Authentication Email Address
row-office-none = Office phone is not configured.
row-office-set = Office phone is set to
row-office-managed = This information is managed by your administrator.
row-mobile-none = Authentication Phone is not configured.
row-mobile-set = Authentication Phone is set to
row-email-none = Authentication Email Address is not configured.
row-email-set = Authentication Email Address is set to
row-verified = Verified on { $when }.
row-young = Because it is new, it cannot carry a reset alone yet. It can do so { $when }.
row-known = We know of { $address }: confirm it with a code.
row-shared = This is the same telephone as another of your options. If it is lost, both are. Choose a different one if you can.
row-barred = We cannot send codes to this number any more. Register another.
row-barred-office = We cannot send codes to this number any more. Please tell the { $team }.
row-set-up = Set it up now
row-confirm = Confirm it now
row-change = Change
row-remove = Remove
looks-good = Looks good
not-now = Not now
register-later = You can do this later, until { $when }.
register-later-confirm = Is it still right? Then press Looks good. You can also do it later, until { $when }.
register-required = Please set this up now: it cannot be put off any longer. If you cannot, sign out.
register-set = Saved. We have told everyone whom we can reach about this change.
register-removed = Removed. We have told everyone whom we can reach about this change.
register-as-it-was = Nothing was changed.
register-thawed = Resets of your account are possible again.
register-tries = There were too many wrong codes, so we have stopped here. What is registered is as it was. Sign in again to go on.
register-over-title = This page has ended
register-over = It was open for a long time. What is registered is as it was. Sign in again to go on.
register-done-title = It looks good
register-done-on = You confirmed this on { $when }.
register-done-enough = If you forget your password, you can choose a new one by yourself.
register-done-missing = { $missing ->
    [one] One option is still missing before you can reset your password by yourself.
   *[other] { $missing } options are still missing before you can reset your password by yourself.
}
register-done-again = We will ask you to look at it again on { $when }.
register-back = Back to what is registered
register-not-fresh = Type your password again, then go on.
register-needed = Without it you could not reset your password by yourself. Set up another first.
register-own-domain = This address belongs to { $organisation }. If you are locked out, you cannot read it. Type a private one.
register-own-mailbox = This is the mailbox of the very account that would be locked. Type another address.
register-same-email = This address is registered already. Type another, or press Cancel.
register-same-phone = This number is registered already. Type another, or press Cancel.
register-no-way = We cannot send codes there at this moment. Try another way, or ask the { $team }.
register-no-codes = We have sent all the codes we can for now. Please sign out, and try again later.
register-not-now = Codes cannot be sent this way just now. Please come back { $when }. If you cannot wait, ask the { $team }.
register-phone-satellite = We cannot send codes to a satellite telephone. Type an ordinary number.
register-phone-abroad = We cannot send codes to telephones in that country. Type another number, or register an email address instead. If neither is possible, ask the { $team }.
register-too-many = We have sent too many codes there for now. You can use it again { $when }.
register-frozen-first = Resets of your account are stopped. Lift that first.
register-overtaken = This was changed somewhere else while the code was on its way. Look at what is registered now.
register-again-title = Type your password again
register-again-phone = You signed in a while ago. Before the phone is changed, show that it is still you.
register-again-email = You signed in a while ago. Before the email address is changed, show that it is still you.
register-again-remove = You signed in a while ago. Before it is removed, show that it is still you.
register-again-thaw = You signed in a while ago. Before resets are possible again, show that it is still you.
register-phone-title = Your authentication phone
register-phone-intro = Which phone shall we send a code to, or call? Choose one that you have with you when you cannot sign in.
register-phone-now = Registered now: { $address }. It stays until the new one is confirmed.
register-known = We know this from your organisation. Confirm it with a code, or type another.
register-region = Country
register-region-none = Choose your country
register-number = Phone number
register-number-hint = As you write it yourself, for example 07700 900123.
text-me = Text me
call-me = Call me
register-phone-empty = Type your phone number, then press Text me or Call me.
register-phone-region = Choose the country of the number, or begin it with + and the code of the country.
register-phone-letters = Use digits, not letters, such as 07700 900123.
register-phone-one = Type one phone number, such as 07700 900123.
register-phone-country = No country has this code. Check the digits after the +, or choose the country in the list.
register-phone-short = This number is too short. Type all of it, with the area code.
register-phone-long = This number is too long. Check it digit by digit.
register-phone-impossible = This is not a phone number of that country. Check the country and the digits.
register-phone-premium = Calls to this number cost extra. Type an ordinary number.
register-phone-extension = Type a number of your own, without an extension.
register-phone-landline = This looks like a landline, which cannot show a text message. Press Call me instead.
register-phone-service = This looks like a freephone or service number, which cannot show a text message. Press Call me instead, or type a number of your own.
register-phone-unknown = We do not know what sort of number this is, and a text message may not arrive. Better press Call me. If you are sure that it is a mobile, press Text me again.
register-email-title = Your authentication email address
register-email-intro = Which address shall we send a code to? Choose a private one that you can open when you cannot sign in here.
register-email-now = Registered now: { $address }. It stays until the new one is confirmed.
register-address = Email address
register-address-hint = For example jo@example.com.
email-me = Email me
register-email-empty = Type your email address, then press Email me.
register-email-none = This is not an email address. It must look like name@example.org.
register-nothing-slip = If there is a slip in it, press Cancel and type it again.
remove-phone-title = Remove your authentication phone?
remove-email-title = Remove your authentication email address?
remove-body = You can set up another at any time. We will tell everyone whom we can reach about it.
frozen-title = Resets of your account are stopped
frozen-body = Somebody pressed “This wasn’t me” on { $when }. Until it is lifted, nobody can reset your password, and nothing here can be changed. If all is well, lift it with your password. If not, ask the { $team }.
frozen-lift = Make resets possible again
practise-title = Practise a reset
practise-body = Go through all steps once, with real codes. Nothing is changed at the end.
practise-never = You have not practised yet.
practise-last = You last practised on { $when }.
practise-button = Practise a reset

## This wasn't me

freeze-title = Was this not you?
freeze-what = The { $contact } of your account was changed { $when }.
freeze-what-password = A new password was chosen for your account, or it was unlocked, { $when }.
freeze-will = If you press the button
freeze-will-undo = the change is undone: what was registered before is back
freeze-will-stop = nobody can reset the password of this account until you or the care team lift it
freeze-will-out = the account is signed out of these pages everywhere
freeze-button = This wasn’t me
freeze-else = Was it you? Then close this page: nothing has happened yet.
freeze-done-title = Resets are stopped
freeze-done-body = Nobody can reset the password of this account now, and it is signed out of these pages everywhere.
freeze-done-undone = The change is undone: what was registered before is back.
freeze-done-told = We have told the { $team }, and every address and number of yours that we know.
freeze-done-lift = If you know your password, sign in, look at what is registered, and make resets possible again. If somebody else may know it, change it.
freeze-done-ask = If you cannot sign in, or are not sure, ask the { $team }.
freeze-gone-title = This link does not work any more
freeze-gone-body = It may be older than 30 days, or a part of it is missing.
freeze-gone-next = If something was changed that you did not change, sign in and look at what is registered, or ask the { $team }.

## What happened

activity-title = What happened with your account
activity-intro = These are the last 20 events, the newest first.
activity-none = Nothing yet.
activity-from = from the network address { $address }
activity-here = from the network you are using now ({ $address })
activity-no-network = not from a browser
activity-not-you = Is there something that was not you? Say so at once:
way-email = email
way-text = text message
way-call = telephone call
act-picture-changed = Another picture was asked for.
act-captcha-failed = The characters of the picture were typed wrongly.
act-started = Somebody asked to choose a new password.
act-found = A reset was begun.
act-look-up-failed = A reset could not begin, because the system that keeps accounts did not answer.
act-sent-to-care-team = A reset was not possible, and led to the care team.
act-code-sent = A verification code was sent by { $way }.
act-confirmation-failed = A wrong phone number or email address was typed in a reset.
act-code-wrong = A wrong verification code was typed.
act-code-late = A verification code was typed too late.
act-proved = A verification step was passed, by { $way }.
act-other-way = Another way of verification was chosen.
act-went-back = Somebody went back to type another User ID.
act-extended = More time was asked for.
act-password-unfit = A new password was turned down.
act-writing = Setting a new password was tried.
act-password-refused = The system that keeps passwords turned a new one down.
act-write-failed = A new password could not be set, because the system that keeps passwords did not answer.
act-password-set = A new password was set by a reset.
act-elsewhere-done = The same was done for { $name }.
act-elsewhere-unknown = It was tried for { $name }, and the answer got lost.
act-elsewhere-not-there = There was no account for { $name }, so nothing was done there.
act-elsewhere-not = It could not be done for { $name }.
act-outcome-unknown = A new password was sent off, and the answer got lost.
act-tries-exhausted = There were too many wrong answers, and it was stopped.
act-limit-lifted = An administrator lifted a limit, so that you can try again.
act-throttled = A limit was reached, and it was stopped for a while.
act-unlocked = The account was unlocked.
act-unlock-refused = The account could not be unlocked.
act-rehearsed = A rehearsal of a reset was finished.
act-superseded = A reset was stopped, because the password or what is registered was changed meanwhile.
act-signed-in = Somebody signed in with the password.
act-sign-in-failed = A wrong password was typed to sign in.
act-signed-out = Somebody signed out.
act-old-password-wrong = A wrong old password was typed to change it.
act-password-changed = The password was changed by somebody who knew the old one.
act-contact-set = A new { $contact } was registered.
act-contact-replaced = The { $contact } was changed for another.
act-contact-removed = The { $contact } was removed.
act-not-fresh = A change was asked for long after the password was typed, and was not made.
act-registration-confirmed = What is registered was confirmed.
act-registration-asked = Somebody signed in and was asked to register.
act-frozen = “This wasn’t me” was pressed, and resets were stopped.
act-thawed = Resets were made possible again.
act-not-yours = Somebody who practised typed the User ID of another person.
act-contact-given = An administrator entered a { $contact } for you.
act-contact-taken-away = An administrator removed your { $contact }.
act-contacts-revealed = An administrator looked at what is registered.
act-key = The service was given another key.
act-invited = You were invited to register.
act-trail = Something happened with the record of all events.
act-cancelled = It was stopped by whoever had begun it.
act-expired = The time ran out.

## Countries

country = { $code ->
    [AC] Ascension Island
    [AD] Andorra
    [AE] United Arab Emirates
    [AF] Afghanistan
    [AG] Antigua & Barbuda
    [AI] Anguilla
    [AL] Albania
    [AM] Armenia
    [AO] Angola
    [AR] Argentina
    [AS] American Samoa
    [AT] Austria
    [AU] Australia
    [AW] Aruba
    [AX] Åland Islands
    [AZ] Azerbaijan
    [BA] Bosnia & Herzegovina
    [BB] Barbados
    [BD] Bangladesh
    [BE] Belgium
    [BF] Burkina Faso
    [BG] Bulgaria
    [BH] Bahrain
    [BI] Burundi
    [BJ] Benin
    [BL] St Barthélemy
    [BM] Bermuda
    [BN] Brunei
    [BO] Bolivia
    [BQ] Caribbean Netherlands
    [BR] Brazil
    [BS] Bahamas
    [BT] Bhutan
    [BW] Botswana
    [BY] Belarus
    [BZ] Belize
    [CA] Canada
    [CC] Cocos (Keeling) Islands
    [CD] Congo (Democratic Republic)
    [CF] Central African Rep.
    [CG] Congo (Republic)
    [CH] Switzerland
    [CI] Côte d’Ivoire
    [CK] Cook Islands
    [CL] Chile
    [CM] Cameroon
    [CN] China
    [CO] Colombia
    [CR] Costa Rica
    [CU] Cuba
    [CV] Cape Verde
    [CW] Curaçao
    [CX] Christmas Island
    [CY] Cyprus
    [CZ] Czechia
    [DE] Germany
    [DJ] Djibouti
    [DK] Denmark
    [DM] Dominica
    [DO] Dominican Republic
    [DZ] Algeria
    [EC] Ecuador
    [EE] Estonia
    [EG] Egypt
    [EH] Western Sahara
    [ER] Eritrea
    [ES] Spain
    [ET] Ethiopia
    [FI] Finland
    [FJ] Fiji
    [FK] Falkland Islands
    [FM] Micronesia
    [FO] Faroe Islands
    [FR] France
    [GA] Gabon
    [GB] United Kingdom
    [GD] Grenada
    [GE] Georgia
    [GF] French Guiana
    [GG] Guernsey
    [GH] Ghana
    [GI] Gibraltar
    [GL] Greenland
    [GM] Gambia
    [GN] Guinea
    [GP] Guadeloupe
    [GQ] Equatorial Guinea
    [GR] Greece
    [GT] Guatemala
    [GU] Guam
    [GW] Guinea-Bissau
    [GY] Guyana
    [HK] Hong Kong
    [HN] Honduras
    [HR] Croatia
    [HT] Haiti
    [HU] Hungary
    [ID] Indonesia
    [IE] Ireland
    [IL] Israel
    [IM] Isle of Man
    [IN] India
    [IO] British Indian Ocean Territory
    [IQ] Iraq
    [IR] Iran
    [IS] Iceland
    [IT] Italy
    [JE] Jersey
    [JM] Jamaica
    [JO] Jordan
    [JP] Japan
    [KE] Kenya
    [KG] Kyrgyzstan
    [KH] Cambodia
    [KI] Kiribati
    [KM] Comoros
    [KN] St Kitts & Nevis
    [KP] North Korea
    [KR] South Korea
    [KW] Kuwait
    [KY] Cayman Islands
    [KZ] Kazakhstan
    [LA] Laos
    [LB] Lebanon
    [LC] St Lucia
    [LI] Liechtenstein
    [LK] Sri Lanka
    [LR] Liberia
    [LS] Lesotho
    [LT] Lithuania
    [LU] Luxembourg
    [LV] Latvia
    [LY] Libya
    [MA] Morocco
    [MC] Monaco
    [MD] Moldova
    [ME] Montenegro
    [MF] St Martin (French)
    [MG] Madagascar
    [MH] Marshall Islands
    [MK] North Macedonia
    [ML] Mali
    [MM] Myanmar (Burma)
    [MN] Mongolia
    [MO] Macao
    [MP] Northern Mariana Islands
    [MQ] Martinique
    [MR] Mauritania
    [MS] Montserrat
    [MT] Malta
    [MU] Mauritius
    [MV] Maldives
    [MW] Malawi
    [MX] Mexico
    [MY] Malaysia
    [MZ] Mozambique
    [NA] Namibia
    [NC] New Caledonia
    [NE] Niger
    [NF] Norfolk Island
    [NG] Nigeria
    [NI] Nicaragua
    [NL] Netherlands
    [NO] Norway
    [NP] Nepal
    [NR] Nauru
    [NU] Niue
    [NZ] New Zealand
    [OM] Oman
    [PA] Panama
    [PE] Peru
    [PF] French Polynesia
    [PG] Papua New Guinea
    [PH] Philippines
    [PK] Pakistan
    [PL] Poland
    [PM] St Pierre & Miquelon
    [PR] Puerto Rico
    [PS] Palestine
    [PT] Portugal
    [PW] Palau
    [PY] Paraguay
    [QA] Qatar
    [RE] Réunion
    [RO] Romania
    [RS] Serbia
    [RU] Russia
    [RW] Rwanda
    [SA] Saudi Arabia
    [SB] Solomon Islands
    [SC] Seychelles
    [SD] Sudan
    [SE] Sweden
    [SG] Singapore
    [SH] St Helena
    [SI] Slovenia
    [SJ] Svalbard & Jan Mayen
    [SK] Slovakia
    [SL] Sierra Leone
    [SM] San Marino
    [SN] Senegal
    [SO] Somalia
    [SR] Suriname
    [SS] South Sudan
    [ST] São Tomé & Príncipe
    [SV] El Salvador
    [SX] St Maarten (Dutch)
    [SY] Syria
    [SZ] Eswatini
    [TA] Tristan da Cunha
    [TC] Turks & Caicos Is
    [TD] Chad
    [TG] Togo
    [TH] Thailand
    [TJ] Tajikistan
    [TK] Tokelau
    [TL] Timor-Leste
    [TM] Turkmenistan
    [TN] Tunisia
    [TO] Tonga
    [TR] Türkiye
    [TT] Trinidad & Tobago
    [TV] Tuvalu
    [TW] Taiwan
    [TZ] Tanzania
    [UA] Ukraine
    [UG] Uganda
    [US] United States
    [UY] Uruguay
    [UZ] Uzbekistan
    [VA] Vatican City
    [VC] St Vincent
    [VE] Venezuela
    [VG] British Virgin Islands
    [VI] US Virgin Islands
    [VN] Vietnam
    [VU] Vanuatu
    [WF] Wallis & Futuna
    [WS] Samoa
    [XK] Kosovo
    [YE] Yemen
    [YT] Mayotte
    [ZA] South Africa
    [ZM] Zambia
    [ZW] Zimbabwe
   *[other] { $code }
}

## Unlocking

unlock-title = Unlock your account
unlock-ready = One step left
who-intro-unlock = You know your password, but it is not taken: your account may be locked. You can unlock it here by yourself. Your password stays as it is.
unlock-body = You have shown who you are. Your password stays as it is: after unlocking, sign in with it.
unlock-button = Unlock my account
unlock-refused = We could not unlock your account. That is nothing you did wrong, and your password is as it was. The { $team } will help you.
unlock-unavailable = We could not reach the system that keeps accounts. Please press “Unlock my account” again in a minute.
unlocked-title = Your account is unlocked
unlocked-body = You can sign in with your password now.
unlocked-notice = We have told you about this at the addresses we have for you.
rehearsed-title = That went well
rehearsed-body = You have practised a reset to its end. Nothing was changed: your password is as it was.
rehearsed-next = You will find the date of this rehearsal on your registration page.
rehearsal-title = This is a rehearsal: nothing will be changed.
rehearsal-body = The codes are real, the password you choose is forgotten.
rehearsal-stop = Stop the rehearsal
superseded-title = Something has changed
superseded-body = Your password, or what is registered for your account, was changed while you were here. To be safe, we have stopped.
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
bad-dictionary = That password is, or contains, a well-known word. Choose another.
bad-refused = That password was not accepted. Choose a different one, longer if you can. If that does not help, ask the { $team } and tell them this number: { $reference }
bad-locked = Your account is locked after too many wrong passwords, so its password cannot be changed now. It is as it was. Choose “Forgotten my password” on the sign-in page: you can choose a new one there.
bad-barred = The system that keeps passwords does not let us set one for your account, and another password would not help. Yours is as it was. Please ask the { $team } and tell them this number: { $reference }
bad-unavailable = We could not reach the system that keeps passwords. Nothing has changed. Please type your new password again in a minute.
bad-was = The one you typed was { $word }.

note-moved = You had already gone on from that page. This is where you are now.
note-other = This is the reset you have begun already, for the User ID shown here. To reset another one, correct the User ID.
note-over = That page belonged to an attempt that is over. Nothing was changed. You can start again here.
note-sent = We have sent another code. Only the newest one works.

## Several directories, before something is written and after it

ahead-also = It will also be your password for { $names }.
ahead-list = { $first } and { $last }
ahead-away = { $name } cannot be reached at the moment. If you go on now, the password you have there stays as it is, and you can try again afterwards.
ahead-barred = Your password for { $name } cannot be changed here. It stays as it is.
bad-away = { $name } cannot be reached at the moment, so we have not changed anything yet. Type the password again to set it everywhere else now.
outcome-primary = Your account here
outcome-done = The new password is set.
outcome-unlocked = Unlocked.
outcome-not-unlocked = Not unlocked: that was not accepted.
outcome-refused = Not set. { $why }
outcome-disabled = Not changed, because your account there is switched off. Ask the { $team } about it.
outcome-expired = Not changed, because your account there has expired. Ask the { $team } about it.
outcome-protected = Not changed, because your account there is specially protected. Ask the { $team } about it.
outcome-unavailable = Not changed, because it could not be reached.
outcome-unknown = Perhaps set: the answer got lost. Try the new password there, and if it does not work, the old one.
outcome-untried = Not changed. We did not get that far.
again-title = Try again
again-body = You can try { $names } once more now. We do not keep passwords, so please type the one you have just chosen again.
again-only = What you type here goes to { $names } only. If you choose another one, you will have two different passwords.
again-unlock = You can try { $names } once more now.
again-button = Try again
again-leave = Leave it as it is

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
done-body = Your password is changed. Use the new one from now on.
done-next = What to do now
done-sign-in = Sign in with your new password.
done-devices = Your phone, tablet or mail program may still use the old password. Type the new one there when they ask, or they may lock you out again.
done-notice = If we have a way to write to you, we are sending you a message about this change. If it was not you, tell the { $team } at once.
partly-title = You have a new password, but not everywhere
partly-body = You sign in here with it from now on. Where it is not set, your old password is still the right one.
partly-unlocked-title = Your account is unlocked, but not everywhere
partly-unlocked-body = You can sign in here with your password now.
partly-next = For what is still missing, start again later, or ask the { $team }.
unknown-title = Your new password may work already
unknown-body = We sent your new password off, but the answer got lost. So we do not know yet whether it is in place.
unknown-try-new = Try to sign in with your new password.
unknown-try-old = If that does not work, try the old one.
unknown-again = If neither works, start again here.
team-title = We need to help you in person
team-body = You cannot choose a new password here by yourself this time. That is nothing you did wrong. The { $team } will help you.
team-body-unlock = You cannot unlock your account here by yourself this time. That is nothing you did wrong. The { $team } will help you.
tries-title = Too many wrong answers
tries-body = To protect the account we have stopped here. Nothing has changed: your password is as it was.
tries-next = You can start again. If codes keep failing, ask the { $team }.
pictures-title = The characters did not match
pictures-body = That happens: some pictures are hard to read. Nothing has changed.
pictures-next = Start again for a fresh picture and sound, or ask the { $team }.
resting-title = Please wait before you try again
resting-body = There were too many wrong answers for this account, so resets rest for a while to protect it. Nothing has changed: your password is as it was.
resting-body-unlock = There were too many wrong answers for this account, so unlocking it here rests for a while. Nothing has changed: your password is as it was.
resting-when = You can start again { $when }.
resting-next = If you cannot wait, ask the { $team }.
expired-title = Your time ran out
expired-body = The time for these steps was over, so we stopped to protect your account. Nothing has changed: your password is as it was.
expired-next = You can start again at once.
cancelled-title = You stopped here
cancelled-body = Nothing has changed: your password is as it was.
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
date-with-year = { $date } { $month } { $year }
when-today = today at { $clock }
when-tomorrow = tomorrow at { $clock }
when-day = on { $day } at { $clock }

## The guide. It says what is true of this installation and nothing else.

help-link = Help
help-title = Help with your password
help-intro = How to get ready for the day you forget your { $organisation } password, and how to get back in when that day comes.
help-locked-out = Locked out now?
help-person = Would you rather talk to a person?
help-contents = On this page
help-register = Don’t lose access to your account
help-open-register = In any browser, open this page:
help-sign-in = Sign in with your User ID and your password. Your User ID is usually { $usual }.
help-looks-good = When everything is right, press “Looks good”.

help-sign-up = Get ready: sign up before you need it
help-sign-up-why = If you forget your password, you can choose a new one by yourself, at any hour, without asking anybody. For that we have to be able to recognise you. So tell us now how to reach you. It takes about two minutes.
help-scoped = Not everybody can reset their password here by themselves. If you cannot, the { $team } does it for you.
help-rows = { $count ->
    [one] You now see the ways in which we can recognise you. You need at least one of them:
   *[other] You now see the ways in which we can recognise you. You need at least { $count } of them:
}
help-row-office = Office phone. Your administrator looks after this number; you cannot change it yourself.
help-row-phone = Authentication phone. Your mobile, for example.
help-phone-either = We send a code there by text or read it out in a call, as you like.
help-phone-text = We send a code there by text.
help-phone-call = We call there and read out a code.
help-row-email = Authentication email. A private address that you can read without this account.
help-row-own = An address of { $organisation } will not do: you could not read it while you are locked out.
help-set-up = Press “Set it up now” beside a line, enter your number or address, and type the code that we send there. It counts only after that.
help-administrators-register = If you are an administrator, you need two of these on two different devices.
help-cooling = For the first { $hours ->
    [one] hour
   *[other] { $hours } hours
} a new number or address is not enough alone to reset your password. This protects you if somebody else added it.
help-reconfirm = After { $days ->
    [one] one day
   *[other] { $days } days
} we ask you to look whether everything is still right. We ask when you sign in.
help-rehearse = On the same page you can practise a reset. You go through all the steps, and nothing is changed at the end.

help-changes = Change what you have signed up with
help-changes-why = A new phone or another email address? Change it here before you need it.
help-fresh = If you typed your password more than { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
} ago, we ask for it again before anything is changed.
help-change-row = Press “Change” beside the number or address, enter the new one, and type the code that we send there. Until then the old one stays in use.
help-remove = With “Remove” you take one away. That is not possible for one you need to be able to reset your password.
help-told = We tell you about every change, at your old and at your new numbers and addresses.

help-reset = Reset a forgotten password
help-reset-why = If you have signed up, you can do this at any time of the day. You have { $minutes } minutes and can ask for more. Your old password stays as it is until the last step, and you can stop whenever you like.
help-open-reset = In any browser, open this page:
help-forgotten = The button “Forgotten my password” on this page leads there, too:
help-reset-user-id = Type your User ID and press “Next”.
help-reset-picture = Type your User ID and the characters that you see in the picture or hear in the sound. Press “Next”.
help-reset-ladder = Type your User ID and press “Next”. If there is a picture with a sound, type the characters that you see or hear as well.
help-choose = Choose how we should check that it is you. We offer those of these ways that you have signed up with:
help-confirm-number = For a text or a call you type your whole phone number first.
help-confirm-email = For an email you type your whole address first.
help-code = Type the code we send you and press “Next”. It has six digits and works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}. You can paste it.
help-second = Do the same once more, in a different way: two steps are needed here.
help-password = Type your new password in both boxes and press “Finish”. A new password
help-devices = Sign in with the new password. Type it on your phone, your tablet and in your mail program, too: with the old one they may lock you out again.
help-administrators = If you are an administrator, you always take two steps, in two different ways and on two different devices.
help-nothing-came = Nothing arrived? Wait a minute and look in your spam folder. Then press “Send another code” or “Choose another way”.
help-nothing-came-phone = Nothing arrived? Wait a minute and look whether your telephone has a signal. Then press “Send another code” or “Choose another way”.
help-wrong = After { $tries ->
    [one] one wrong code
   *[other] { $tries } wrong codes
} we stop, to protect you, and you can start again. After { $count ->
    [one] one wrong code
   *[other] { $count } wrong codes
} within { $hours ->
    [one] one hour
   *[other] { $hours } hours
} your resets rest for a while. You can still sign in with your password.

help-unlock = You know your password but still cannot sign in
help-unlock-how = Your account may be locked after too many wrong passwords. Show who you are as for a reset, and it is unlocked. Your password stays as it is.
help-change = Change a password that you know
help-change-how = Type your old password once and the new one twice. You do not need a code for this.
help-change-link = Change your password
help-not-me = If something happens that was not you
help-not-me-how = When we tell you about a change that you did not make, press “This wasn’t me” in that message, within { $days } days. The change is undone, you are signed out everywhere, and nobody can reset your password until you or the { $team } allow it again.
help-never = Neither the { $team } nor anybody else will ever ask you for your password or for a code we sent you.
help-activity = You can see what has happened with your account, when and from where:
help-activity-link = Your activity
help-care = Ask the { $team }
help-care-when = If you have not signed up, or if you cannot get any further, the { $team } helps you.
help-contact-link = Whether they are there now

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
method-body = This page opens only when a button of a form is pressed, not by its address. Nothing was changed.
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
busy-body = We could not check your password in time. Nothing was changed. Please go on here in a moment, and type your new password in both boxes again.
forwarded-title = We cannot tell where you are calling from
forwarded-body = Something between you and this page passed on an address that cannot be read, so we stopped here to be safe. Nothing was changed.
forwarded-next = Please try again in a few minutes. If it stays so, tell your organisation: the reason is in the log of this service.
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
message-code-register-short = { $code } is the code to register this number with { $organisation }. Tell it to nobody. Not you? Ignore it.
message-code-register-spoken = Hello. This is { $organisation }. Here is the code to register this telephone.
message-code-rehearsal-intro = You are practising a reset of { $user }, and nothing will be changed. Here is the code for the rehearsal:
message-code-rehearsal-after = It works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
 }, in that rehearsal only. Nobody from { $organisation } will ever ask you for it.
message-code-rehearsal-short = { $code } is your { $organisation } code for the rehearsal. Nothing will be changed. Not you? Ignore it.
message-code-rehearsal-spoken = Hello. This is { $organisation }. This is a rehearsal, and nothing will be changed. Here is your code.
message-code-short = { $code } is your { $organisation } verification code. Tell it to nobody. Not you? Ignore it.
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
message-stop-not-you = Was this you? Then there is nothing to do. If it was not, press “This wasn’t me”: it stops all resets of your password, signs everybody out, and tells { $team }. It works for 30 days. Then tell { $team } yourself, too:
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
message-frozen-intro = Somebody pressed “This wasn’t me” for your { $organisation } account. Nobody can reset its password until you lift this. If it was about something registered, what was there before is back.
message-frozen-short = { $organisation }: resets of { $user } are stopped.
message-frozen-not-you = To lift it, sign in with your password and open your registration page, or ask { $team }:
message-care-subject = “This wasn’t me” was pressed for { $user }
message-care-title = Somebody needs your help
message-care-intro = “This wasn’t me” was pressed for the { $organisation } account below: its password or what is registered for it may have been changed by somebody else. Resets are stopped and everybody is signed out. Whoever knows the password can still sign in.
message-care-short = { $organisation }: “This wasn’t me” was pressed for { $user }.
message-care-next = Reach this person by a way you knew before, such as the number in the staff list, and never by one they tell you now. Give the account another password, or close it until then. When you are sure, an administrator lets resets go on: regain method thaw.
message-thawed-subject = Resets of { $user } are possible again
message-thawed-title = Resets are possible again
message-thawed-intro = Resets of your { $organisation } account had been stopped. That was lifted: a forgotten password can be replaced again.
message-thawed-short = { $organisation }: resets of { $user } are possible again.
invite-subject = Two minutes now save you from being locked out of { $organisation }
invite-title = Get ready for a forgotten password
invite-greeting = Hello { $name },
invite-why = everybody forgets a password some day. If you have told us how to recognise you, you can then choose a new one by yourself at any hour. Your account { $user } is not ready for that yet.
invite-what-both = Sign in with the link below, add { $missing ->
    [one] a mobile phone number or a private email address
   *[other] a mobile phone number and a private email address
}, and type the code that we send there. Then press “Looks good”.
invite-what-phone = Sign in with the link below, add a mobile phone number, and type the code that we send there. Then press “Looks good”.
invite-what-email = Sign in with the link below, add a private email address, and type the code that we send there. Then press “Looks good”.
invite-how-long = It takes about two minutes.
invite-button = Set it up now
invite-safe = We use what you enter only to recognise you. We will never ask you for your password or for a code by email or telephone.
invite-ask = You would rather type the address yourself, or have a question? Ask the { $team }:
invite-call = Telephone: { $telephone }
invite-mail = Email: { $mail }
invite-short = { $organisation }: get ready for a forgotten password, it takes two minutes: { $link }
invite-spoken = Hello. This is { $organisation }. Please get ready for a forgotten password. You find out how in your mail.

## The demo's inbox

inbox-title = Messages
inbox-intro = In this demonstration every email, text and call ends here, the newest first.
inbox-empty = Nothing has been sent yet. Ask for a code, then come back.
inbox-email = Email to
inbox-text = Text to
inbox-call = Call to
inbox-again = Look again
inbox-back = Back to the reset

alert-range = Texts and calls to one range of telephone numbers
alert-messages = Texts and calls: there were too many
alert-emails = Codes by email: there were too many
alert-money = Texts and calls: the money for them is spent
alert-usual = Texts and calls: there were far more than at this hour on other days
alert-proofs = Codes that are typed: too many were wrong
alert-sends = Codes: too many were sent
alert-look-ups = Resets: too many were begun
alert-passwords = Signing in: too many passwords were wrong
alert-subject = { $organisation }: the password service has stopped something
alert-title = Something was stopped
alert-intro = { $stopped }. The password service has stopped that for everybody. People are told to choose another way or to come back.
alert-since = Since: { $since }
alert-until = Until: { $until }
alert-next = If many people are simply busy, raise the limit in the configuration, or lift it once. If not, somebody may be running up a bill or guessing: leave it as it is, and look from where it comes.
alert-commands = regain limit list shows what was counted; regain limit lift --everybody --reason "why" lets everybody go on.
