//! The `oauth2` crate as a client, as somebody else wrote it.

use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::http::{Request, Response};
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, IntrospectionUrl,
    RequestTokenError, RevocationUrl, Scope, TokenIntrospectionResponse as _, TokenResponse as _,
    TokenUrl,
};
use vestibule_testkit::{TestApp, both_engines, third_party};

/// The client insists on https for revocation; the requests go to the test's server all the same.
const PUBLIC: &str = "https://vestibule.example";

fn send(app: &TestApp, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let (parts, body) = request.into_parts();
    let url = parts.uri.to_string().replace(PUBLIC, &app.url());
    let mut request = Request::builder().method(parts.method).uri(url);
    for (name, value) in &parts.headers {
        request = request.header(name, value);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent.run(request.body(body)?)?;
    let body = answer.body_mut().read_to_vec()?;
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(body)?)
}

#[test]
fn the_oauth2_crate_fetches_introspects_and_revokes() {
    both_engines(|app| {
        let provider = app.register(third_party("Product"));
        let http = |request: HttpRequest| send(app, request);
        for auth_type in [AuthType::BasicAuth, AuthType::RequestBody] {
            let at = |path: &str| format!("{PUBLIC}/iso/oauth2/{path}");
            let client = BasicClient::new(ClientId::new(provider.client_id.clone()))
                .set_client_secret(ClientSecret::new(provider.client_secret.clone()))
                .set_auth_type(auth_type)
                .set_token_uri(TokenUrl::new(at("token")).unwrap())
                .set_introspection_url(IntrospectionUrl::new(at("introspect")).unwrap())
                .set_revocation_url(RevocationUrl::new(at("revoke")).unwrap());
            let token = client
                .exchange_client_credentials()
                .add_scope(Scope::new("scim:read".to_owned()))
                .request(&http)
                .unwrap();
            assert_eq!(token.expires_in(), Some(Duration::from_hours(1)));
            assert!(token.refresh_token().is_none());
            let secret = token.access_token().secret().clone();
            let read = || {
                app.send("GET", "/scim/v2/Users", Some(&secret), None)
                    .status
            };
            assert_eq!(read(), 200);

            let told = client
                .introspect(token.access_token())
                .request(&http)
                .unwrap();
            assert!(told.active());
            assert_eq!(told.client_id().unwrap().as_str(), provider.client_id);
            assert_eq!(told.scopes().unwrap()[0].as_str(), "scim:read");
            assert_eq!(
                told.exp().unwrap().timestamp(),
                app.clock.now().timestamp() + 3600
            );

            let revoked = client.revoke_token(token.access_token().clone().into());
            revoked.unwrap().request(&http).unwrap();
            assert_eq!(read(), 401);
            let told = client
                .introspect(token.access_token())
                .request(&http)
                .unwrap();
            assert!(!told.active());

            let refused = client
                .exchange_client_credentials()
                .add_scope(Scope::new("admin".to_owned()))
                .request(&http);
            let Err(RequestTokenError::ServerResponse(refused)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(refused.error().as_ref(), "invalid_scope");
        }
    });
}
