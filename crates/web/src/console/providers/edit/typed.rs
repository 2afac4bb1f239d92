//! What the form holds, as text, and the settings that it means.

use vestibule_domain::ProviderId;
use vestibule_domain::network::AllowedReferrers;
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, RateLimit, UserType};
use vestibule_oauth::{Methods, Scopes};
use vestibule_scim::Dialect;
use vestibule_service::Error;

use super::authentication;
use crate::console::form::{addresses, items, whole};
use crate::console::phrase::Phrase;
use crate::console::providers::dialect_word;
use crate::console::query::Pairs;
use crate::console::visit::Visit;
use crate::console::when::When;

/// What the form holds, as text, whoever wrote it.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) user_type: String,
    pub(super) enabled: bool,
    pub(super) description: String,
    pub(super) tags: String,
    pub(super) valid_until: When,
    pub(super) addresses: String,
    pub(super) referrers: String,
    pub(super) scopes: String,
    pub(super) dialect: String,
    pub(super) put_keeps_members: bool,
    pub(super) default_access_group: String,
    pub(super) link_delivery: String,
    pub(super) per_second: String,
    pub(super) burst: String,
    pub(super) methods: authentication::Typed,
}

impl Typed {
    pub(super) fn fresh() -> Self {
        Self {
            // It decides for good, so it is nobody's default.
            user_type: String::new(),
            enabled: true,
            scopes: Scopes::ALL.to_string(),
            dialect: dialect_word(Dialect::Tolerant).to_owned(),
            link_delivery: LinkDelivery::Default.name().to_owned(),
            methods: authentication::Typed::of_methods(&Methods::default()),
            ..Self::default()
        }
    }

    pub(super) fn of_settings(settings: &ProviderSettings, enabled: bool) -> Self {
        Self {
            name: settings.name.clone(),
            user_type: settings.user_type.name().to_owned(),
            enabled,
            description: settings.description.clone().unwrap_or_default(),
            tags: settings.tags.join(", "),
            valid_until: When::at(settings.valid_until),
            addresses: settings.allowed_addresses.items().join("\n"),
            referrers: settings.allowed_referrers.items().join("\n"),
            scopes: settings.scopes.to_string(),
            dialect: dialect_word(settings.dialect).to_owned(),
            put_keeps_members: settings.put_keeps_members,
            default_access_group: settings
                .default_access_group
                .map(|id| id.to_string())
                .unwrap_or_default(),
            link_delivery: settings.link_delivery.name().to_owned(),
            per_second: settings
                .rate_limit
                .map(|rate| rate.per_second.to_string())
                .unwrap_or_default(),
            burst: settings
                .rate_limit
                .map(|rate| rate.burst.to_string())
                .unwrap_or_default(),
            methods: authentication::Typed::of_methods(&settings.authentication),
        }
    }

    pub(super) fn of_fields(fields: &Pairs) -> Self {
        let own = |name: &str| fields.get(name).to_owned();
        Self {
            name: own("name"),
            user_type: own("user_type"),
            enabled: fields.has("enabled"),
            description: own("description"),
            tags: own("tags"),
            valid_until: When::sent(fields, "valid_until"),
            addresses: own("addresses"),
            referrers: own("referrers"),
            scopes: own("scopes"),
            dialect: own("dialect"),
            put_keeps_members: fields.has("put_keeps_members"),
            default_access_group: own("default_access_group"),
            link_delivery: own("link_delivery"),
            per_second: own("per_second"),
            burst: own("burst"),
            methods: authentication::Typed::of_fields(fields),
        }
    }

    /// The settings, or every mistake: field and what to change.
    pub(super) async fn settings(
        &self,
        visit: &Visit,
        id: Option<ProviderId>,
    ) -> Result<Result<ProviderSettings, Vec<(&'static str, Phrase)>>, Error> {
        let t = visit.t;
        let mut wrong: Vec<(&'static str, Phrase)> = Vec::new();
        let allowed_addresses = addresses(t, &self.addresses)
            .map_err(|mistake| wrong.push(("addresses", mistake)))
            .unwrap_or_default();
        let allowed_referrers = AllowedReferrers::parse(&items(&self.referrers))
            .map_err(|error| wrong.push(("referrers", t.mistake("", &error.to_string()))))
            .unwrap_or_default();
        let valid_until = self
            .valid_until
            .instant()
            .map_err(|key| wrong.push(("valid_until", t.get(key).into())))
            .unwrap_or_default();
        let user_type = self
            .user_type
            .parse()
            .map_err(|_| wrong.push(("user_type", t.get("form.choose").into())))
            .unwrap_or(UserType::ThirdParty);
        let rate_limit = self
            .rate()
            .map_err(|()| wrong.push(("per_second", t.get("provider.rate_wrong").into())))
            .unwrap_or_default();
        let methods = self.methods.methods(visit, &mut wrong);
        let settings = ProviderSettings {
            name: self.name.trim().to_owned(),
            user_type,
            description: Some(self.description.trim().replace("\r\n", "\n"))
                .filter(|text| !text.is_empty()),
            tags: items(&self.tags),
            valid_until,
            allowed_addresses,
            allowed_referrers,
            authentication: methods,
            scopes: Scopes::parse(&self.scopes).unwrap_or(Scopes::ALL),
            dialect: if self.dialect == dialect_word(Dialect::Strict) {
                Dialect::Strict
            } else {
                Dialect::Tolerant
            },
            put_keeps_members: self.put_keeps_members,
            default_access_group: self.default_access_group.parse().ok(),
            link_delivery: self.link_delivery.parse().unwrap_or_default(),
            rate_limit,
        };
        let asked = settings.clone();
        let found = visit
            .run(move |service, call| service.provider_mistakes(call, id, &asked))
            .await?;
        for error in found {
            let (field, mistake) = visit.mistake(error)?;
            let field = field_of(&field);
            // What was wrong before it was looked at as a whole is said more precisely there.
            if !wrong.iter().any(|(known, _)| *known == field) {
                wrong.push((field, mistake));
            }
        }
        Ok(if wrong.is_empty() {
            Ok(settings)
        } else {
            Err(wrong)
        })
    }

    fn rate(&self) -> Result<Option<RateLimit>, ()> {
        let number = |text: &str| whole(text).ok_or(());
        if self.per_second.trim().is_empty() && self.burst.trim().is_empty() {
            return Ok(None);
        }
        let per_second = number(&self.per_second)?;
        let burst = if self.burst.trim().is_empty() {
            per_second
        } else {
            number(&self.burst)?
        };
        Ok(Some(RateLimit { per_second, burst }))
    }
}

/// The form's name of a setting.
pub(super) fn field_of(setting: &str) -> &'static str {
    match setting {
        "tags" => "tags",
        "description" => "description",
        "default_access_group" => "default_access_group",
        "rate_limit.per_second" => "per_second",
        "rate_limit.burst" => "burst",
        other => authentication::field_of(other).unwrap_or("name"),
    }
}
