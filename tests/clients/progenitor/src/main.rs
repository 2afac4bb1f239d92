//! One whole story over the generated Rust client: the same that story.ts and story.py tell.

use std::env;
use std::error::Error;
use std::fmt::Debug;

use chrono::{TimeZone as _, Utc};
use reqwest::header::{AUTHORIZATION, HeaderMap};

#[expect(unused, reason = "the story needs some of it")]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

use client::{Client, types};

type Told<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Told<()> {
    let base = env::var("VESTIBULE_URL")?;
    let admin = speaking(&base, &env::var("ADMIN_TOKEN")?)?;

    let okta = admin
        .create_provider()
        .body(
            types::NewProvider::builder()
                .name("Okta (Rust)")
                .user_type(types::UserType::ThirdParty)
                .allowed_addresses(vec!["*".to_owned()]),
        )
        .send()
        .await?
        .into_inner();
    let granted = Client::new(&base)
        .issue_token()
        .body(
            types::TokenForm::builder()
                .grant_type("client_credentials")
                .client_id(okta.client_id.clone())
                .client_secret(okta.client_secret.clone()),
        )
        .send()
        .await?;
    let scim = speaking(&base, &granted.access_token)?;
    let grace = types::UserResource::builder()
        .schemas(vec![
            "urn:ietf:params:scim:schemas:core:2.0:User".to_owned(),
        ])
        .user_name("grace".to_owned())
        .active(true);
    let user = scim
        .create_user()
        .body(grace.clone())
        .send()
        .await?
        .into_inner();
    let taken = refusal(scim.create_user().body(grace).send().await);
    equal(taken.status().map(|status| status.as_u16()), Some(409))?;
    let user = user.id.ok_or("a user has an id")?;
    let member = types::MembershipValue::builder().value(user.clone());
    let group = scim
        .create_group()
        .body(
            types::GroupResource::builder()
                .schemas(vec![
                    "urn:ietf:params:scim:schemas:core:2.0:Group".to_owned(),
                ])
                .display_name("Acme (Rust)".to_owned())
                .members(vec![member.try_into()?]),
        )
        .send()
        .await?;
    equal(group.display_name.as_deref(), Some("Acme (Rust)"))?;

    let policy = admin
        .create_access_group()
        .body(types::NewAccessGroup::builder().name("Windows (Rust)"))
        .send()
        .await?;
    let page = admin
        .list_vendors()
        .provider(okta.id)
        .sort(types::VendorSort::Xname)
        .limit(1)
        .send()
        .await?;
    let vendor = page.items.first().ok_or("a group makes a vendor")?;
    equal(vendor.status, types::VendorStatus::Pending)?;
    let start = Utc
        .with_ymd_and_hms(2026, 1, 1, 0, 0, 0)
        .single()
        .ok_or("a day")?;
    let changed = admin
        .change_vendor()
        .id(vendor.id)
        .body(
            types::VendorChanges::builder()
                .access_group(policy.id)
                .start(start)
                .status(types::VendorStatus::Enabled),
        )
        .send()
        .await?;
    equal(changed.status, types::VendorStatus::Enabled)?;
    let person: uuid::Uuid = user.parse()?;
    let decision = admin.decide_access().id(person).send().await?;
    equal(decision.verdict, types::Verdict::Allowed)?;

    // A table, for the vendors whose people nobody pushes.
    let table = "user_name,email\nida,ida@acme.example\n=1+1,\n";
    let import = admin
        .import_people()
        .vendor(vendor.id)
        .body(table)
        .send()
        .await?;
    equal((import.created, import.refused), (1, 1))?;

    // A refusal is typed too.
    let nobody = refusal(admin.get_vendor().id(okta.id).send().await);
    match nobody {
        client::Error::ErrorResponse(problem) => equal(problem.status, 404)?,
        other => return Err(other.into()),
    }
    admin.delete_provider().id(okta.id).send().await?;
    println!("ok progenitor: the whole story over a generated and compiled client");
    Ok(())
}

fn speaking(base: &str, token: &str) -> Told<Client> {
    let headers = HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse()?)]);
    let client = reqwest::Client::builder()
        .default_headers(headers)
        .build()?;
    Ok(Client::new_with_client(base, client))
}

fn refusal<T, E>(answer: Result<T, client::Error<E>>) -> client::Error<E> {
    answer.err().expect("it is refused")
}

fn equal<T: PartialEq + Debug>(found: T, expected: T) -> Told<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{found:?} is not {expected:?}").into())
}
