//! What the template of a gateway makes of answers and texts.

use super::*;

fn problems(section: &str) -> String {
    open(section.parse().unwrap(), &["to", "to_digits", "text", "key"]).err().unwrap_or_default()
}

const URL: &str = "url = 'https://sms.example.com/send'\n";

#[test]
fn sections_that_are_right() {
    for section in [
        "method = 'GET'\nurl = 'https://sms.example.com/send?to={to_digits}&text={text}'",
        "url = 'https://sms.example.com/{to}'\nuser = 'u'\npassword = 'p'",
        "url = 'https://sms.example.com/'\nencoding = 'json'\nbody = '{\"to\": {to_digits}, \"text\": \"{text}\"}'",
        "url = 'https://sms.example.com/'\nheaders = { content-type = 'application/x-www-form-urlencoded' }\nbody = 'a={to}'",
        "url = 'https://sms.example.com/'\npassword = 'p'\nheaders = { Authorization = 'Bearer {password}' }",
    ] {
        assert_eq!(problems(section), "", "{section}");
    }
}

#[test]
fn sections_that_are_wrong() {
    for (section, problem) in [
        ("method = 'HEAD'", "method: \"HEAD\" is none of: POST, GET, PUT"),
        ("body = 'x'", "encoding: cannot be told"),
        (
            "body = '{tel}'\nencoding = 'text'",
            "body: there is no {tel}; what can be filled in is: {to}, {to_digits}, {text}",
        ),
        ("body = '{\"a\": {text}}'\nencoding = 'json'", "body: is not JSON"),
        ("body = '{\"a\": 1,}'\nencoding = 'json'", "body: is not JSON"),
        ("headers = { 'a b' = 'x' }", "headers.a b: is not the name of a header"),
        ("headers = { X-A = \"1\\n2\" }", "headers.X-A: must not have line ends"),
        ("headers = { X-A = '{nothing}' }", "headers.X-A: there is no {nothing}"),
        ("headers = 5", "headers: must be a table"),
        ("user = 'u'", "user: is given but not used"),
        ("headers = { X-A = '{password}' }", "password: is missing"),
        ("success_status = 'fine'", "success_status: must be a list"),
        ("method = 'GET'\nbody = 'x'\nencoding = 'text'", "body: does not go with method"),
        ("sucess_body = 'x'", "sucess_body: there is no such key"),
        ("ca_file = '/nowhere.pem'", "ca_file: cannot read certificates from /nowhere.pem"),
    ] {
        let found = problems(&format!("{URL}{section}"));
        assert!(found.lines().any(|line| line.starts_with(problem)), "{section}\n{found}");
    }
    for (url, problem) in [
        ("https://{to}/", "url: must begin with the whole host"),
        ("https://sms.example.com{to}/", "url: must begin with the whole host"),
        ("{text}://sms.example.com/", "url: must begin with the whole host"),
        ("http://sms.example.com/", "url: must begin with https://"),
        ("https://user:secret@sms.example.com/", "url: must not hold a name and password"),
    ] {
        let found = problems(&format!("url = '{url}'"));
        assert!(found.starts_with(problem), "{url}\n{found}");
    }
    assert!(problems("").starts_with("url: is missing"));
}

#[test]
fn which_answer_means_what() {
    let rules = |section: &str| Rules::read(&mut Keys::new(section.parse().unwrap()));
    let judge = |rules: &Rules, status, body: &str| rules.judge(&Answer { status, body: body.into() });
    let plain = rules("");
    assert_eq!(judge(&plain, 202, " queued \n"), Ok("HTTP 202: queued".into()));
    for status in [199, 302, 400, 429, 500] {
        assert_eq!(judge(&plain, status, "no"), Err(Failure::Unavailable(format!("HTTP {status}: no"))));
    }
    let strict =
        rules("success_status = [200]\nsuccess_body = 'OK'\nrefused_status = ['404-410']\nrefused_body = 'bad number'");
    assert!(judge(&strict, 200, "OK 17").is_ok());
    assert!(matches!(judge(&strict, 202, "OK"), Err(Failure::Unavailable(_))));
    assert!(matches!(judge(&strict, 200, "ERR"), Err(Failure::Unavailable(_))));
    assert!(matches!(judge(&strict, 200, "OK, but: bad number"), Err(Failure::Refused(_))));
    assert!(matches!(judge(&strict, 404, "OK"), Err(Failure::Refused(_))));
}
