//! The part of the form that says by which methods a provider may authenticate.

use serde_json::json;
use vestibule_oauth::methods::{day, default_algorithms};
use vestibule_oauth::{
    CertificateName, Federation, Methods, OwnCertificates, PrivateKeyJwt, PublicKeys, Thumbprint,
};

use crate::console::form::{Field, Pick, items, not_json};
use crate::console::phrase::Phrase;
use crate::console::query::Pairs;
use crate::console::visit::Visit;

/// What the form holds of it, as text, whoever wrote it.
#[derive(Default)]
pub(super) struct Typed {
    basic: bool,
    post: bool,
    jwks: String,
    jwks_uri: String,
    issuer: String,
    issuer_keys: String,
    subjects: String,
    audiences: String,
    life: String,
    certificate_kind: String,
    certificate_name: String,
    thumbprints: String,
    /// Issuers after the first, which the form leaves alone.
    further: usize,
}

impl Typed {
    pub(super) fn of_methods(methods: &Methods) -> Self {
        let own = methods.private_key_jwt.as_ref();
        let first = methods.federated.first();
        let name = methods.tls_client_auth.as_ref();
        let of_first = |get: &dyn Fn(&Federation) -> String| first.map(get).unwrap_or_default();
        Self {
            basic: methods.client_secret_basic,
            post: methods.client_secret_post,
            jwks: own
                .and_then(|own| own.jwks.as_ref())
                .and_then(|keys| serde_json::to_string_pretty(keys).ok())
                .unwrap_or_default(),
            jwks_uri: own.and_then(|own| own.jwks_uri.clone()).unwrap_or_default(),
            issuer: of_first(&|one| one.issuer.clone()),
            issuer_keys: of_first(&|one| one.jwks_uri.clone()),
            subjects: of_first(&|one| one.subjects.join("\n")),
            audiences: of_first(&|one| one.audiences.join("\n")),
            life: of_first(&|one| one.maximum_life_minutes.to_string()),
            certificate_kind: name.map(|name| name.kind().to_owned()).unwrap_or_default(),
            certificate_name: name.map(CertificateName::text).unwrap_or_default(),
            thumbprints: methods
                .self_signed_tls_client_auth
                .iter()
                .flat_map(|own| &own.thumbprints)
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n"),
            further: methods.federated.len().saturating_sub(1),
        }
    }

    pub(super) fn of_fields(fields: &Pairs) -> Self {
        let own = |name: &str| fields.get(name).trim().to_owned();
        Self {
            basic: fields.has("client_secret_basic"),
            post: fields.has("client_secret_post"),
            jwks: own("jwks"),
            jwks_uri: own("jwks_uri"),
            issuer: own("issuer"),
            issuer_keys: own("issuer_keys"),
            subjects: own("subjects"),
            audiences: own("audiences"),
            life: own("life"),
            certificate_kind: own("certificate_kind"),
            certificate_name: own("certificate_name"),
            thumbprints: own("thumbprints"),
            further: 0,
        }
    }

    /// The methods, with every mistake that is found before they are looked at as a whole.
    pub(super) fn methods(
        &self,
        visit: &Visit,
        wrong: &mut Vec<(&'static str, Phrase)>,
    ) -> Methods {
        let t = visit.t;
        let jwks = (!self.jwks.is_empty()).then(|| {
            let set =
                serde_json::from_str(&self.jwks).map_err(|error| not_json(&error).to_string());
            set.and_then(|set| PublicKeys::register(&set).map_err(|error| error.to_string()))
        });
        let jwks = match jwks.transpose() {
            Ok(jwks) => jwks,
            Err(mistake) => {
                wrong.push(("jwks", t.mistake("", &mistake)));
                None
            }
        };
        let jwks_uri = Some(self.jwks_uri.clone()).filter(|address| !address.is_empty());
        let signs = !self.jwks.is_empty() || jwks_uri.is_some();
        if jwks.is_some() && jwks_uri.is_some() {
            wrong.push(("jwks_uri", t.get("method.one_of").into()));
        }
        let life = if self.life.is_empty() {
            day()
        } else {
            self.life
                .parse()
                .map_err(|_| wrong.push(("life", t.get("method.life_wrong").into())))
                .unwrap_or_else(|()| day())
        };
        let thumbprints: Result<Vec<Thumbprint>, _> = items(&self.thumbprints)
            .iter()
            .map(|one| one.parse())
            .collect();
        let thumbprints = thumbprints.unwrap_or_else(|error| {
            wrong.push(("thumbprints", t.mistake("", &error.to_string())));
            Vec::new()
        });
        let parts = [
            &self.issuer,
            &self.issuer_keys,
            &self.subjects,
            &self.audiences,
        ];
        let federated = parts.iter().any(|part| !part.is_empty());
        Methods {
            client_secret_basic: self.basic,
            client_secret_post: self.post,
            private_key_jwt: signs.then(|| PrivateKeyJwt {
                jwks,
                jwks_uri,
                algorithms: default_algorithms(),
            }),
            federated: federated
                .then(|| Federation {
                    issuer: self.issuer.clone(),
                    jwks_uri: self.issuer_keys.clone(),
                    subjects: items(&self.subjects),
                    audiences: items(&self.audiences),
                    maximum_life_minutes: life,
                    algorithms: default_algorithms(),
                })
                .into_iter()
                .collect(),
            tls_client_auth: self
                .certificate(visit)
                .map_err(|mistake| wrong.push(mistake))
                .unwrap_or_default(),
            self_signed_tls_client_auth: (!thumbprints.is_empty())
                .then_some(OwnCertificates { thumbprints }),
        }
    }

    /// Whether there is more than a secret, or it is not taken in every way.
    pub(super) fn used(&self) -> bool {
        let given = [
            &self.jwks,
            &self.jwks_uri,
            &self.issuer,
            &self.issuer_keys,
            &self.subjects,
            &self.audiences,
            &self.certificate_kind,
            &self.certificate_name,
            &self.thumbprints,
        ];
        !self.basic || !self.post || given.iter().any(|text| !text.is_empty())
    }

    /// The name that a certificate must have.
    fn certificate(
        &self,
        visit: &Visit,
    ) -> Result<Option<CertificateName>, (&'static str, Phrase)> {
        let t = visit.t;
        let kind = self.certificate_kind.as_str();
        if kind.is_empty() && self.certificate_name.is_empty() {
            return Ok(None);
        }
        if !CertificateName::KINDS.contains(&kind) {
            return Err(("certificate_kind", t.get("form.choose").into()));
        }
        // Any text is a name, but of an address.
        serde_json::from_value(json!({ kind: self.certificate_name }))
            .map(Some)
            .map_err(|_| {
                (
                    "certificate_name",
                    t.get("method.certificate_ip_wrong").into(),
                )
            })
    }

    pub(super) fn fields(&self, visit: &Visit) -> Vec<Field> {
        let t = visit.t;
        let further = if self.further > 0 {
            t.say("method.further", &[("count", &self.further)])
        } else {
            t.own("method.issuer_hint")
        };
        let mut kinds = vec![Pick::new("", t.own("method.no_certificate"))];
        kinds.extend(
            CertificateName::KINDS.map(|kind| Pick::new(kind, t.own_of("certificate_kind", kind))),
        );
        vec![
            Field::switch("client_secret_basic", t.own("method.basic"), self.basic),
            Field::switch("client_secret_post", t.own("method.post"), self.post),
            Field::area("jwks", t.own("method.jwks"), &self.jwks, 4)
                .hint(t.own("method.jwks_hint")),
            Field::line("jwks_uri", t.own("method.jwks_uri"), &self.jwks_uri)
                .hint(t.own("method.jwks_uri_hint")),
            Field::line("issuer", t.own("method.issuer"), &self.issuer).hint(further),
            Field::line(
                "issuer_keys",
                t.own("method.issuer_keys"),
                &self.issuer_keys,
            ),
            Field::area("subjects", t.own("method.subjects"), &self.subjects, 2)
                .hint(t.own("method.subjects_hint")),
            Field::area("audiences", t.own("method.audiences"), &self.audiences, 2)
                .hint(t.own("method.audiences_hint")),
            Field::line("life", t.own("method.life"), &self.life).hint(t.own("method.life_hint")),
            Field::choice(
                "certificate_kind",
                t.own("method.certificate_kind"),
                kinds,
                &self.certificate_kind,
            )
            .hint(t.own("method.certificate_kind_hint")),
            Field::line(
                "certificate_name",
                t.own("method.certificate_name"),
                &self.certificate_name,
            )
            .hint(t.own("method.certificate_name_hint")),
            Field::area(
                "thumbprints",
                t.own("method.thumbprints"),
                &self.thumbprints,
                2,
            )
            .hint(t.own("method.thumbprints_hint")),
        ]
    }
}

/// The form's name of a setting of the methods.
pub(super) fn field_of(setting: &str) -> Option<&'static str> {
    Some(match setting {
        "authentication" => "client_secret_basic",
        "private_key_jwt" | "private_key_jwt.jwks" | "private_key_jwt.algorithms" => "jwks",
        "private_key_jwt.jwks_uri" => "jwks_uri",
        "federated" | "federated.issuer" | "federated.algorithms" => "issuer",
        "federated.jwks_uri" => "issuer_keys",
        "federated.subjects" => "subjects",
        "federated.audiences" => "audiences",
        "federated.maximum_life_minutes" => "life",
        "tls_client_auth" => "certificate_name",
        "self_signed_tls_client_auth.thumbprints" => "thumbprints",
        _ => return None,
    })
}

/// Keeps of the present methods what the form does not show: algorithms, and issuers after the first.
pub(super) fn merged(mut given: Methods, present: Methods) -> Methods {
    if let (Some(own), Some(before)) = (&mut given.private_key_jwt, present.private_key_jwt) {
        own.algorithms = before.algorithms;
    }
    let mut present = present.federated.into_iter();
    if let (Some(first), Some(before)) = (given.federated.first_mut(), present.next()) {
        first.algorithms = before.algorithms;
    }
    given.federated.extend(present);
    given
}
