//! What stands in the way, and what is wrong in a form, told to somebody who reads Portuguese.

use serde_json::json;
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, third_party};

use super::Browser;
use crate::links::hall;

/// Behind the address, the fields and the words that the answer must have.
type Try<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

fn send(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Reply {
    let mut all = vec![("csrf", browser.csrf.as_str())];
    all.extend(fields);
    browser.post_as(path, &all, &[("accept-language", "pt-BR")])
}

/// Each is refused, and says so in these words.
fn refused(browser: &Browser<'_>, tries: &[Try<'_>]) {
    for (path, fields, words) in tries {
        let answer = send(browser, path, fields);
        let page = answer.text.replace("<bdi>", "").replace("</bdi>", "");
        let expected = words.replace('"', "&#34;");
        assert!(
            matches!(answer.status, 409 | 422),
            "{path} {fields:?}: {}",
            answer.status
        );
        assert!(
            page.contains(&expected),
            "{path} {fields:?}: {words}: {page}"
        );
    }
}

#[test]
fn every_mistake_in_the_form_of_a_provider_is_told_in_portuguese() {
    both_engines(|app| {
        let browser = Browser::new(app, "max", Role::Administrator);
        let (_, _, root) = hall(app);
        let group = windows(app, &root);
        let long = "x".repeat(129);
        let many = vec!["10.0.0.1"; 1_001].join("\n");
        let tags: Vec<String> = (0..65).map(|number| format!("t{number}")).collect();
        let tags = tags.join(",");
        let tries = [
            ("name", "", "Não pode ficar vazio."),
            ("name", &long, "Não pode ter mais de 128 caracteres."),
            ("name", "a\tb", "Não pode conter caracteres de controle."),
            ("name", "Okta", "Já existe um provedor com este nome"),
            ("user_type", "both", "Escolha uma opção."),
            ("tags", "a, b, a", "A mesma entrada aparece duas vezes."),
            ("tags", &tags, "Não pode ter mais de 64 entradas."),
            (
                "default_access_group",
                &group,
                "Só um provedor interno tem um",
            ),
            ("addresses", "10.0.0.0/33", "10.0.0.0/33 não é um endereço"),
            ("addresses", &many, "No máximo 1000 entradas."),
            ("referrers", "nonsense", "não é uma origem como"),
            ("referrers", "https://a.example/x", "tem um caminho"),
            ("valid_until", "soon", "Escreva data e hora como"),
            ("per_second", "0", "Deve ficar entre 1 e"),
            ("client_secret_basic", "", "Escolha ao menos um método."),
            ("jwks", "{", "Isto não é JSON: veja a linha 1"),
            ("jwks", "{}", "Um conjunto JWK é um objeto JSON"),
            ("jwks_uri", "keys", "Deve ser um endereço como https"),
            (
                "issuer",
                "https://login.example",
                "Deve ser um endereço como https",
            ),
            ("thumbprints", "x", "Uma impressão digital é o SHA-256"),
            ("certificate_kind", "san_dns", "Deve ter de 1 a"),
        ];
        for (field, value, words) in tries {
            let usual = [
                ("name", "New"),
                ("user_type", "third_party"),
                ("scopes", "scim"),
                ("client_secret_basic", "on"),
            ];
            let usual = usual.into_iter().filter(|(name, _)| *name != field);
            let given = (!value.is_empty()).then_some((field, value));
            let fields: Vec<(&str, &str)> = usual.chain(given).collect();
            refused(&browser, &[("/console/providers/new", &fields, words)]);
        }
    });
}

#[test]
fn what_events_and_lists_name_is_named_in_portuguese() {
    both_engines(|app| {
        let (ada, _, root) = hall(app);
        let browser = Browser::new(app, "max", Role::Administrator);
        guarded(app, &root);
        let odd = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Staff", "thirdPartyVendor": false,
            "members": [{"value": ada}],
        });
        let okta = app.register(third_party("Other"));
        app.send("POST", "/scim/v2/Groups", Some(&okta.token), Some(&odd));
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "grace", "thirdPartyVendor": false, "shoeSize": 7,
        });
        app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
        app.service.flush_telemetry().unwrap();
        let get = |path: &str| {
            let headers = [
                ("cookie", browser.cookie.as_str()),
                ("accept-language", "pt-BR"),
            ];
            app.send_raw("GET", path, &headers, "").text
        };
        let csv = get("/console/events?format=csv&action=access_group.created");
        for (raw, told) in [
            ("approvals_required:", "Aprovações exigidas: 2"),
            ("approval_levels:", "Níveis de aprovação: 1"),
            ("approvers:", "Aprovadores: "),
            ("self_request:", "Pode ser pedido para si: não"),
        ] {
            assert!(csv.contains(told) && !csv.contains(raw), "{told}: {csv}");
        }
        let events = get("/console/events");
        for word in [">Entrou pelo link</option>", ">Entrou</option>"] {
            assert_eq!(events.matches(word).count(), 1, "{word}: {events}");
        }
        let seen = get("/console/tolerances");
        assert!(seen.contains("Atributo não mapeado"), "{seen}");
        assert!(!seen.contains(">unknown_attribute<"), "{seen}");
        let warnings = get("/console/warnings");
        assert!(!warnings.contains("third_party;"), "{warnings}");
        let attribute = [("urn", "urn:x"), ("definition", r#"{"id": "x"}"#)];
        let odd = [
            ("urn", "urn:ietf:params:scim:schemas:core:2.0:User"),
            ("definition", r#"{"name": "x", "type": "odd"}"#),
        ];
        let kind = [("definition", r#"{"attributes": []}"#)];
        refused(
            &browser,
            &[
                (
                    "/console/schemas/attribute",
                    &attribute,
                    "um atributo não tem",
                ),
                ("/console/schemas/type", &kind, "um tipo de recurso não tem"),
                ("/console/schemas/attribute", &odd, "reference ou complex"),
            ],
        );
    });
}

/// An access group that requires two approvals.
fn guarded(app: &TestApp, root: &str) -> String {
    let group = json!({"name": "Guarded", "approvals_required": 2});
    let made = app.send("POST", "/api/v1/access-groups", Some(root), Some(&group));
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// The one that the vendor of [`hall`] is tied to.
fn windows(app: &TestApp, root: &str) -> String {
    let groups = app.send("GET", "/api/v1/access-groups", Some(root), None);
    groups.json()["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_wrong_with_vendors_and_access_groups_is_told_in_portuguese() {
    both_engines(|app| {
        let (_, vendor, root) = hall(app);
        let browser = Browser::new(app, "max", Role::Administrator);
        let (windows, guarded) = (windows(app, &root), guarded(app, &root));
        let group = |id: &str, what: &str| format!("/console/access-groups/{id}{what}");
        let edit = format!("/console/vendors/{vendor}/edit");
        let numbers = [("disapprovals_to_cancel", "1"), ("approval_levels", "1")];
        let policy = |approvals: &'static str, approvers: &'static str| {
            let own = [("approvals_required", approvals), ("approvers", approvers)];
            [&[("name", "Windows")], &own[..], &numbers[..]].concat()
        };
        let in_window = |status: &'static str, group: &'static str| {
            let dates = [("start", "2026-01-01 00:00"), ("end", "2026-01-31 00:00")];
            [&dates[..], &[("status", status), ("access_group", group)]].concat()
        };
        let nowhere = "01930000-0000-7000-8000-000000000000";
        refused(
            &browser,
            &[
                (
                    &group(&windows, "/delete"),
                    &[("confirm", "Windows")],
                    "O grupo de acesso está em uso: 1 fornecedores, 0 grupos internos",
                ),
                (
                    &group(&windows, "/delete"),
                    &[("confirm", "Linux")],
                    "Esse não é o nome mostrado.",
                ),
                (
                    "/console/access-groups/new",
                    &policy("0", ""),
                    "Já existe um grupo de acesso com este nome.",
                ),
                (
                    "/console/access-groups/new",
                    &policy("many", ""),
                    "Deve ser um número inteiro.",
                ),
                (
                    "/console/access-groups/new",
                    &policy("1000", ""),
                    "Deve ficar entre 0 e ",
                ),
                (
                    &group(&guarded, ""),
                    &policy("1", "nobody"),
                    "Nenhum administrador se chama \"nobody\".",
                ),
                (
                    &edit,
                    &[
                        ("start", "2026-02-01 00:00"),
                        ("end", "2026-01-01 00:00"),
                        ("status", "disabled"),
                    ],
                    "Deve ser depois do início.",
                ),
                (
                    &edit,
                    &in_window("enabled", ""),
                    "Escolha primeiro um grupo de acesso",
                ),
                (
                    &edit,
                    &in_window("disabled", nowhere),
                    "Esse grupo de acesso não existe mais.",
                ),
                (
                    &edit,
                    &in_window("pending", ""),
                    "nunca volta a ficar pendente",
                ),
                (
                    &edit,
                    &in_window("closed", ""),
                    "Um fornecedor é fechado quando seu grupo é excluído.",
                ),
            ],
        );
    });
}

#[test]
fn what_is_wrong_elsewhere_is_told_in_portuguese() {
    both_engines(|app| {
        let (ada, _, _) = hall(app);
        let browser = Browser::new(app, "max", Role::Administrator);
        let person = |what: &str| format!("/console/people/{ada}/{what}");
        refused(
            &browser,
            &[
                (
                    &person("links"),
                    &[("forwarding", "mailed")],
                    "Nenhum servidor de e-mail está configurado.",
                ),
                (
                    &person("links"),
                    &[("days", "400")],
                    "Não pode ser mais que ",
                ),
                (
                    &person("block"),
                    &[("reason", "Lost"), ("until", "2020-01-01 00:00")],
                    "Deve ser depois de agora.",
                ),
                (
                    &person("request"),
                    &[("justification", "Repair")],
                    "O grupo de acesso Windows não exige aprovações.",
                ),
                (
                    "/console/administrators/new",
                    &[
                        ("name", "max"),
                        ("role", "auditor"),
                        ("password", "correct horse"),
                    ],
                    "Já existe um administrador com este nome.",
                ),
                (
                    "/console/administrators/new",
                    &[("name", "new"), ("role", "auditor"), ("password", "short")],
                    "Deve ter de 12 a 1024 caracteres.",
                ),
                (
                    "/console/account/password",
                    &[
                        ("current", "wrong"),
                        ("password", "correct horse"),
                        ("repeated", "correct horse"),
                    ],
                    "Essa não é a senha que você tem agora.",
                ),
                (
                    "/console/schemas/add",
                    &[("definition", "{")],
                    "Isto não é JSON: veja a linha 1",
                ),
                (
                    "/console/schemas/add",
                    &[("definition", "{\"id\": \"badge\"}")],
                    "id: esperava-se um URN como",
                ),
            ],
        );
        let headers = [
            ("cookie", browser.cookie.as_str()),
            ("accept-language", "pt-BR"),
        ];
        let lost = app.send_raw("GET", "/console/people?after=x", &headers, "");
        let words = "Esta página da lista não foi encontrada.";
        assert!(lost.text.contains(words), "{}", lost.text);
    });
}

#[test]
fn what_stands_in_the_way_of_a_link_is_told_in_portuguese() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        let browser = Browser::new(app, "max", Role::Administrator);
        let (windows, guarded) = (windows(app, &root), guarded(app, &root));
        let links = format!("/console/people/{ada}/links");
        let change = |change: serde_json::Value| {
            let path = format!("/api/v1/vendors/{vendor}");
            let changed = app.send("PATCH", &path, Some(&root), Some(&change));
            assert_eq!(changed.status, 200, "{}", changed.text);
        };
        change(json!({"access_group": guarded}));
        let approvals =
            "O grupo de acesso Guarded exige 2 aprovações; sem elas, ada não recebe link.";
        refused(&browser, &[(&links, &[], approvals)]);
        change(json!({"access_group": windows, "status": "disabled"}));
        let repaired = "ada não pode entrar quando o link começa, por isso ele não abriria nada. ";
        refused(&browser, &[(&links, &[], repaired)]);
        let page = send(&browser, &links, &[]).text;
        assert!(!page.contains("Vendor "), "{page}");
        let user = ada.parse().unwrap();
        app.service
            .block_user(&app.admin(), user, "Lost laptop", None)
            .unwrap();
        let blocked = "ada tem um bloqueio: Lost laptop. Levante o bloqueio primeiro.";
        refused(&browser, &[(&links, &[], blocked)]);
    });
}
