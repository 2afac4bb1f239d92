//! The set-up page.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::test::TestRequest;

use super::world::{Answer, World};

async fn submit(world: &World, path: &str, form: &str) -> Answer {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(form.to_owned());
    world.send(request).await
}

#[actix_web::test]
async fn the_link_works_once_and_only_when_the_form_is_right() {
    let world = World::without_administrators().await;
    let link = world.service.new_set_up_link().unwrap();
    let path = format!("/flow/setup/{}", link.expose());
    for _ in 0..2 {
        let page = world.send(TestRequest::get().uri(&path)).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'")
                && !policy.contains("unsafe")
                && !policy.contains("script")
        );
        assert!(page.body.contains("<form method=\"post\"") && !page.body.contains("<script"));
    }
    for form in [
        "name=ada",
        "name=ada&password=correct+horse+battery&repeated=another+horse+battery",
        "name=ada&password=short&repeated=short",
        "name=&password=correct+horse+battery&repeated=correct+horse+battery",
    ] {
        let page = submit(&world, &path, form).await;
        assert_eq!(page.status, 400, "{form}");
        assert!(page.body.contains("aria-invalid=\"true\""), "{}", page.body);
    }
    let page = submit(&world, &path, "name=&password=short&repeated=shor2").await;
    for field in ["name", "password", "repeated"] {
        let mistake = format!("id=\"set-up-{field}-mistake\"");
        assert!(page.body.contains(&mistake), "{field}: {}", page.body);
    }
    let page = submit(&world, &path, "name=%3Cb%3Eada&password=a&repeated=b").await;
    assert!(!page.body.contains("<b>ada"), "{}", page.body);

    let right = "name=ada&password=correct+horse+battery&repeated=correct+horse+battery";
    let done = submit(&world, &path, right).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("vestibule admin token --name ada"));
    assert_eq!(submit(&world, &path, right).await.status, 410);
    assert_eq!(world.send(TestRequest::get().uri(&path)).await.status, 410);
}

#[actix_web::test]
async fn another_link_or_an_old_one_does_not_work() {
    let world = World::without_administrators().await;
    let first = format!(
        "/flow/setup/{}",
        world.service.new_set_up_link().unwrap().expose()
    );
    let second = format!(
        "/flow/setup/{}",
        world.service.new_set_up_link().unwrap().expose()
    );
    let form = "name=ada&password=correct+horse+battery&repeated=correct+horse+battery";
    for path in ["/flow/setup/x", first.as_str()] {
        assert_eq!(submit(&world, path, form).await.status, 410);
        assert_eq!(world.send(TestRequest::get().uri(path)).await.status, 410);
    }
    Arc::clone(&world.seconds).fetch_add(25 * 3600, Ordering::SeqCst);
    assert_eq!(submit(&world, &second, form).await.status, 410);
    assert_eq!(
        world.send(TestRequest::get().uri(&second)).await.status,
        410
    );
    let style = world
        .send(TestRequest::get().uri(crate::console::style()))
        .await;
    assert_eq!(
        (style.status, style.header("content-type")),
        (200, "text/css; charset=utf-8")
    );
}
