//! The line of steps above each form.

use super::*;

#[tokio::test]
async fn the_step_line_shows_the_steps_this_person_has() {
    let folder = tempfile::tempdir().unwrap();
    let web = web(folder.path(), captcha::Kind::Ladder, false).await;
    for (steps, at, expected) in [
        (1, 1, "verification step 1 > choose a new password"),
        (1, 2, "verification step 1 ✓ > choose a new password"),
        (2, 1, "verification step 1 > verification step 2 > choose a new password"),
        (2, 2, "verification step 1 ✓ > verification step 2 > choose a new password"),
        (2, 3, "verification step 1 ✓ > verification step 2 ✓ > choose a new password"),
    ] {
        let view = View::Password { user_id: "jo".into(), stepper: Stepper { steps, at }, problems: Vec::new() };
        let answer = pages::page(&web, &visitor(), StatusCode::OK, &look(view), None, None).unwrap();
        let html = String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
        let line = html.split("<ol class=\"steps\"").nth(1).and_then(|rest| rest.split("</ol>").next()).unwrap();
        let shown = line.replace("<span class=\"unseen\"> (done)</span>", "");
        let words = |item: &str| -> String {
            item.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect()
        };
        // The signs between the steps are the style sheet's.
        let names: Vec<String> = shown.split("</li>").map(words).map(|name| name.trim().to_owned()).collect();
        let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(names.join(" > "), expected);
        assert_eq!(line.matches("aria-current=\"step\"").count(), 1);
    }
}
