use super::*;
use crate::{Dialect, Tolerance};

fn query(params: &ListRequest) -> Result<ListQuery, Error> {
    ListQuery::parse(
        &ResourceType::user(),
        params,
        &Limits::default(),
        PageLimits::default(),
        &mut Tolerances::default(),
    )
}

fn page(start_index: &str, count: &str) -> Result<(u64, u64), (u16, ScimType)> {
    let params = ListRequest {
        start_index: Some(start_index.to_owned()),
        count: Some(count.to_owned()),
        ..ListRequest::default()
    };
    query(&params)
        .map(|query| (query.page.start_index(), query.count))
        .map_err(|error| (error.status, error.scim_type.unwrap()))
}

fn sort(by: &str, order: &str) -> Result<(String, bool), (u16, ScimType)> {
    let params = ListRequest {
        sort_by: Some(by.to_owned()),
        sort_order: Some(order.to_owned()),
        ..ListRequest::default()
    };
    query(&params)
        .map(|query| query.sort.unwrap())
        .map(|sort| {
            let sub = sort.target.sub_attribute.map(|sub| format!(".{sub}"));
            (
                sort.target.attribute + &sub.unwrap_or_default(),
                sort.descending,
            )
        })
        .map_err(|error| (error.status, error.scim_type.unwrap()))
}

// proves: 7644-3.4.2.4-count 7644-3.4.2.4-startindex
#[test]
fn pages() {
    let max = i64::MAX.unsigned_abs();
    assert_eq!(page("1", "10"), Ok((1, 10)));
    assert_eq!(page("0", "0"), Ok((1, 0)));
    assert_eq!(page("-9223372036854775808", "-1"), Ok((1, 0)));
    assert_eq!(page("9223372036854775808", "1001"), Ok((max, 1_000)));
    assert_eq!(
        page("99999999999999999999999999", "18446744073709551616"),
        Ok((max, 1_000))
    );
    assert_eq!(page(" 007 ", "5"), Ok((7, 5)));
    for bad in ["", "x", "1.5", "1e3", "--1", "-", "+1", "٣"] {
        assert_eq!(page(bad, "1"), Err((400, ScimType::InvalidValue)), "{bad}");
        assert_eq!(page("1", bad), Err((400, ScimType::InvalidValue)), "{bad}");
    }
    let nothing = query(&ListRequest::default()).unwrap();
    assert_eq!((nothing.page.start_index(), nothing.count), (1, 100));
    assert!(nothing.filter.is_none() && nothing.sort.is_none());
    assert!(nothing.projection.is_default());
}

#[test]
fn the_maximum_holds_for_who_does_not_count_too() {
    let limits = PageLimits {
        max: 50,
        ..PageLimits::default()
    };
    let unsaid = ListRequest::default();
    let users = ResourceType::user();
    let mut tolerances = Tolerances::default();
    let query = ListQuery::parse(&users, &unsaid, &Limits::default(), limits, &mut tolerances);
    assert_eq!(query.unwrap().count, 50);
}

// proves: 7644-3.4.2.3-ascending 7644-3.4.2.3-sortby
#[test]
fn sorting() {
    assert_eq!(sort("USERNAME", ""), Ok(("userName".to_owned(), false)));
    assert_eq!(
        sort("name.familyName", "Descending"),
        Ok(("name.familyName".to_owned(), true))
    );
    assert_eq!(
        sort("emails", "ascending"),
        Ok(("emails.value".to_owned(), false))
    );
    assert_eq!(
        sort("meta.lastModified", ""),
        Ok(("meta.lastModified".to_owned(), false))
    );
    assert_eq!(
        sort("customCodes", ""),
        Ok(("customCodes".to_owned(), false))
    );
    for bad in [
        "",
        "favouriteColour",
        "name",
        "addresses",
        "name.",
        "userName.x",
        "email",
    ] {
        assert_eq!(sort(bad, ""), Err((400, ScimType::InvalidPath)), "{bad}");
    }
    assert_eq!(sort("password", ""), Err((403, ScimType::Sensitive)));
    assert_eq!(sort("id", "down"), Err((400, ScimType::InvalidValue)));
}

// proves: 7644-3.4.2.2-expression 7644-3.4.2.2-unrecognized
#[test]
fn a_filter_that_is_not_understood_is_refused() {
    let filter = |text: &str| {
        let params = ListRequest {
            filter: Some(text.to_owned()),
            ..ListRequest::default()
        };
        query(&params)
            .map(|query| query.filter.is_some())
            .map_err(|error| error.scim_type)
    };
    assert_eq!(filter("userName eq \"x\""), Ok(true));
    for bad in ["", "userName", "userName eq", "favouriteColour eq \"x\""] {
        assert_eq!(filter(bad), Err(Some(ScimType::InvalidFilter)), "{bad}");
    }
}

fn cursor(request: &ListRequest) -> Result<(Page, u64), (ScimType, String)> {
    let limits = PageLimits {
        cursors: true,
        ..PageLimits::default()
    };
    ListQuery::parse(
        &ResourceType::user(),
        request,
        &Limits::default(),
        limits,
        &mut Tolerances::default(),
    )
    .map(|query| (query.page, query.count))
    .map_err(|error| (error.scim_type.unwrap(), error.detail))
}

/// RFC 9865 2: the cursor is empty for the first page; count says how much a page holds at most.
// proves: 9865-2-count 9865-2-first 9865-2.1-errors 9865-2.3-default
#[test]
fn cursors() {
    let text = |text: &str| Some(text.to_owned());
    let request = |cursor: &str, count: Option<&str>| ListRequest {
        cursor: text(cursor),
        count: count.map(str::to_owned),
        ..ListRequest::default()
    };
    let first = Page::Cursor(None);
    assert_eq!(cursor(&request("", None)), Ok((first.clone(), 100)));
    assert_eq!(cursor(&request("", Some("-1"))), Ok((first.clone(), 0)));
    assert_eq!(cursor(&request("", Some("5000"))), Ok((first, 1_000)));
    assert_eq!(
        cursor(&request("VZUT", Some("10"))),
        Ok((Page::Cursor(text("VZUT")), 10))
    );
    assert_eq!(
        cursor(&request("", Some("ten"))).unwrap_err().0,
        ScimType::InvalidCount
    );
    let both = ListRequest {
        start_index: text("1"),
        ..request("", None)
    };
    assert_eq!(cursor(&both).unwrap_err().0, ScimType::InvalidValue);
    // RFC 9865, section 2.3: index paging where no parameter says otherwise.
    assert_eq!(cursor(&ListRequest::default()), Ok((Page::Index(1), 100)));
    // Switched off, the parameter is one of those that are not known.
    let off = query(&request("VZUT", None)).unwrap();
    assert_eq!(off.page, Page::Index(1));
}

// proves: 7644-3.4.2.1-missing
#[test]
fn over_several_types_at_once() {
    let (users, groups) = (ResourceType::user(), ResourceType::group());
    let across = |filter: Option<&str>, sort_by: Option<&str>| {
        let request = ListRequest {
            filter: filter.map(str::to_owned),
            sort_by: sort_by.map(str::to_owned),
            sort_order: Some("descending".to_owned()),
            ..ListRequest::default()
        };
        ListQuery::across(
            &[&users, &groups],
            &request,
            &Limits::default(),
            PageLimits::default(),
            &mut Tolerances::default(),
        )
        .map_err(|error| error.scim_type.unwrap())
    };
    let both = across(None, None).unwrap();
    assert!(both.iter().all(|query| {
        let query = query.as_ref().unwrap();
        query.filter.is_none() && query.sort.is_none()
    }));
    let queries = across(Some(r#"userName eq "a""#), Some("userName")).unwrap();
    let sort = queries[0].as_ref().unwrap().sort.as_ref().unwrap();
    assert!(sort.descending && queries[1].is_none());
    let queries = across(Some("displayName pr"), Some("members")).unwrap();
    assert!(queries[0].as_ref().unwrap().sort.is_none());
    assert!(queries[1].as_ref().unwrap().sort.is_some());
    assert_eq!(
        across(Some("shoeSize pr"), None).unwrap_err(),
        ScimType::InvalidFilter
    );
    assert_eq!(
        across(None, Some("shoeSize")).unwrap_err(),
        ScimType::InvalidPath
    );
    assert_eq!(
        across(None, Some("password")).unwrap_err(),
        ScimType::Sensitive
    );
}

/// RFC 7643, section 7, `returned`: an order tells values apart, and a cursor holds one.
#[test]
fn nothing_of_what_is_never_returned_is_sorted_by() {
    let mut users = ResourceType::user();
    let schema = std::sync::Arc::make_mut(&mut users.schema);
    for attribute in &mut schema.attributes {
        if ["name", "emails", "addresses"].contains(&attribute.name.as_str()) {
            attribute.returned = Returned::Never;
        }
    }
    for by in [
        "name.givenName",
        "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName",
        "emails",
        "emails.value",
        "emails.type",
        "name",
        "addresses",
    ] {
        let request = ListRequest {
            sort_by: Some(by.to_owned()),
            ..ListRequest::default()
        };
        let limits = Limits::default();
        let pages = PageLimits::default();
        let mut tolerances = Tolerances::default();
        let error =
            ListQuery::parse(&users, &request, &limits, pages, &mut tolerances).unwrap_err();
        assert_eq!(
            (error.status, error.scim_type),
            (403, Some(ScimType::Sensitive)),
            "{by}"
        );
    }
}

/// As in filters and in the paths of PATCH.
#[test]
fn what_sort_by_means_is_understood_and_counted_or_refused() {
    let (users, groups) = (ResourceType::user(), ResourceType::group());
    let enterprise = crate::schema::ENTERPRISE_USER;
    for (by, meant, tolerance) in [
        (
            "department".to_owned(),
            format!("{enterprise}:department"),
            Tolerance::UnqualifiedAttribute,
        ),
        (
            " Manager.value".to_owned(),
            format!("{enterprise}:manager.value"),
            Tolerance::UnqualifiedAttribute,
        ),
        (
            format!("{enterprise}.costCenter"),
            format!("{enterprise}:costCenter"),
            Tolerance::DottedUrn,
        ),
        (
            format!("{enterprise}.manager.displayName"),
            format!("{enterprise}:manager.displayName"),
            Tolerance::DottedUrn,
        ),
        (
            format!("{}.emails", crate::schema::USER),
            "emails.value".to_owned(),
            Tolerance::DottedUrn,
        ),
    ] {
        let request = ListRequest {
            sort_by: Some(by.clone()),
            ..ListRequest::default()
        };
        let (limits, pages) = (Limits::default(), PageLimits::default());
        let mut tolerances = Tolerances::default();
        let query = ListQuery::parse(&users, &request, &limits, pages, &mut tolerances).unwrap();
        assert_eq!(query.sort.unwrap().target.to_string(), meant);
        let used: Vec<_> = tolerances.used().collect();
        assert_eq!(used, [(tolerance, 1)], "{by}");
        let mut strict = Tolerances::new(Dialect::Strict);
        let error = ListQuery::parse(&users, &request, &limits, pages, &mut strict).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidPath), "{by}");
        let mut tolerances = Tolerances::default();
        let types = [&users, &groups];
        let both = ListQuery::across(&types, &request, &limits, pages, &mut tolerances).unwrap();
        let sorted = |query: &Option<ListQuery>| query.as_ref().unwrap().sort.is_some();
        assert_eq!(both.iter().map(sorted).collect::<Vec<_>>(), [true, false]);
        let used: Vec<_> = tolerances.used().collect();
        assert_eq!(used, [(tolerance, 1)], "{by}");
    }
    for by in [
        format!("{enterprise}.manager"),
        format!("{enterprise}.manager.value.x"),
        format!("{}:name.givenName.x", crate::schema::USER),
        format!("{enterprise}.shoeSize.value"),
    ] {
        assert_eq!(sort(&by, ""), Err((400, ScimType::InvalidPath)), "{by}");
    }
}
