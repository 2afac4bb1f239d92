//! The tables as diesel sees them: one description for both engines.

diesel::table! {
    providers (id) {
        id -> Text,
        client_id -> Text,
        name_key -> Text,
        user_type -> Text,
        state -> Text,
        settings -> Text,
        created -> BigInt,
        modified -> BigInt,
        version -> BigInt,
        epoch -> Nullable<BigInt>,
        default_access_group_event -> Nullable<Text>,
        valid_until -> Nullable<BigInt>,
        end_key -> BigInt,
        closed -> BigInt,
        tags_key -> Text,
    }
}

diesel::table! {
    client_secrets (id) {
        id -> Text,
        provider_id -> Text,
        digest -> Binary,
        created -> BigInt,
        expires -> Nullable<BigInt>,
    }
}

diesel::table! {
    tokens (seq) {
        seq -> BigInt,
        digest_key -> BigInt,
        digest -> Binary,
        id -> Text,
        provider_id -> Text,
        name -> Nullable<Text>,
        activation -> Bool,
        scopes -> Text,
        issued -> BigInt,
        expires -> BigInt,
        certificate -> Nullable<Binary>,
    }
}

diesel::table! {
    credentials (id) {
        end_key -> BigInt,
        id -> Text,
        provider_id -> Text,
        kind -> Text,
        name -> Nullable<Text>,
        scopes -> Nullable<Text>,
        created -> BigInt,
        keyed -> BigInt,
    }
}

diesel::table! {
    used_assertions (digest) {
        digest -> Binary,
        expires -> BigInt,
    }
}

diesel::table! {
    rate_demand (provider_id, node) {
        provider_id -> Text,
        node -> Text,
        demand -> BigInt,
        reported -> BigInt,
    }
}

diesel::table! {
    failures (source, client, time_window) {
        source -> Text,
        client -> Binary,
        time_window -> BigInt,
        attempts -> BigInt,
    }
}

diesel::table! {
    credential_uses (credential_id) {
        credential_id -> Text,
        provider_id -> Text,
        last_used -> BigInt,
        last_address -> Nullable<Text>,
        uses -> BigInt,
    }
}

diesel::table! {
    key_dates (credential_id) {
        credential_id -> Text,
        provider_id -> Text,
        created -> BigInt,
    }
}

diesel::table! {
    tolerances (provider_id, name) {
        provider_id -> Text,
        name -> Text,
        uses -> BigInt,
        last_used -> BigInt,
        id -> Text,
        names -> Text,
    }
}

diesel::table! {
    refused_requests (id) {
        id -> Text,
        at -> BigInt,
        provider_id -> Nullable<Text>,
        credential_id -> Nullable<Text>,
        endpoint -> Text,
        method -> Text,
        target -> Text,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        status -> BigInt,
        code -> Nullable<Text>,
        answer -> Text,
        reason -> Text,
        body -> Nullable<Text>,
    }
}

diesel::table! {
    telemetry_drops (kind) {
        kind -> Text,
        drops -> BigInt,
        last_drop -> BigInt,
    }
}

diesel::table! {
    warnings (provider_id, kind, subject_id) {
        provider_id -> Text,
        kind -> Text,
        subject_id -> Text,
        detail -> Text,
        raised -> BigInt,
        event_id -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        provider_id -> Text,
        user_name -> Text,
        user_name_key -> Text,
        display_name_key -> Text,
        title_key -> Text,
        family_key -> Text,
        external_id -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        active -> Bool,
        active_event -> Text,
        document -> Text,
        match_document -> Text,
        created -> BigInt,
        modified -> BigInt,
        version -> BigInt,
        left_event -> Nullable<Text>,
    }
}

diesel::table! {
    user_emails (user_id, position) {
        user_id -> Text,
        position -> BigInt,
        provider_id -> Text,
        value_key -> Text,
    }
}

diesel::table! {
    groups (id) {
        id -> Text,
        provider_id -> Text,
        display_name -> Text,
        display_name_key -> Text,
        external_id -> Nullable<Text>,
        document -> Text,
        match_document -> Text,
        enabled -> Bool,
        enabled_event -> Text,
        link_delivery -> Text,
        access_group_id -> Nullable<Text>,
        access_group_event -> Nullable<Text>,
        created -> BigInt,
        modified -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    resources (id) {
        id -> Text,
        provider_id -> Text,
        type_name -> Text,
        external_id -> Nullable<Text>,
        document -> Text,
        match_document -> Text,
        created -> BigInt,
        modified -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    unique_values (provider_id, type_name, attribute, value_key) {
        provider_id -> Text,
        type_name -> Text,
        attribute -> Text,
        value_key -> Text,
        resource_id -> Text,
    }
}

diesel::table! {
    totals (provider_id, resource_type, shard) {
        provider_id -> Text,
        resource_type -> Text,
        shard -> BigInt,
        total -> BigInt,
    }
}

diesel::table! {
    vendor_totals (vendor_id, shard) {
        vendor_id -> Text,
        shard -> BigInt,
        people -> BigInt,
    }
}

diesel::table! {
    memberships (sequence) {
        sequence -> BigInt,
        group_id -> Text,
        member_id -> Text,
        member_is_group -> Bool,
        display -> Nullable<Text>,
        display_key -> Nullable<Text>,
        event_id -> Text,
    }
}

diesel::table! {
    access_groups (id) {
        id -> Text,
        name_key -> Text,
        enabled -> Bool,
        enabled_event -> Text,
        settings -> Text,
        created -> BigInt,
        modified -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    vendors (id) {
        id -> Text,
        provider_id -> Text,
        group_id -> Nullable<Text>,
        name -> Text,
        name_key -> Text,
        status -> Text,
        status_event -> Text,
        access_group_id -> Nullable<Text>,
        access_group_event -> Nullable<Text>,
        start_at -> Nullable<BigInt>,
        end_at -> Nullable<BigInt>,
        dates_event -> Nullable<Text>,
        contract_number -> Nullable<Text>,
        document_id -> Nullable<Text>,
        link_delivery -> Text,
        created -> BigInt,
        modified -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    placements (user_id) {
        user_id -> Text,
        vendor_id -> Text,
        group_id -> Text,
        rule -> Text,
        candidates -> Text,
        placed -> BigInt,
        event_id -> Text,
    }
}

diesel::table! {
    placement_moves (user_id) {
        user_id -> Text,
        since -> BigInt,
        moves -> BigInt,
    }
}

diesel::table! {
    blocks (id) {
        id -> Text,
        provider_id -> Text,
        user_name_key -> Text,
        email_key -> Nullable<Text>,
        reason -> Text,
        until -> Nullable<BigInt>,
        created -> BigInt,
        event_id -> Text,
        lifted_event -> Nullable<Text>,
        follows -> Nullable<Text>,
    }
}

diesel::table! {
    tombstones (id) {
        id -> Text,
        kind -> Text,
        provider_id -> Text,
        document -> Text,
        deleted -> BigInt,
        event_id -> Text,
    }
}

diesel::table! {
    administrators (id) {
        id -> Text,
        name -> Text,
        name_key -> Text,
        role -> Text,
        password_hash -> Text,
        enabled -> Bool,
        created -> BigInt,
        totp_key -> Nullable<Binary>,
        totp_step -> BigInt,
    }
}

diesel::table! {
    sessions (digest) {
        digest -> Binary,
        administrator_id -> Text,
        created -> BigInt,
        last_seen -> BigInt,
        proved -> Nullable<BigInt>,
    }
}

diesel::table! {
    sign_in_failures (key) {
        key -> Binary,
        failures -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    admin_tokens (digest) {
        digest -> Binary,
        id -> Text,
        administrator_id -> Text,
        name -> Text,
        created -> BigInt,
        expires -> Nullable<BigInt>,
    }
}

diesel::table! {
    setup_links (digest) {
        digest -> Binary,
        created -> BigInt,
        expires -> BigInt,
    }
}

diesel::table! {
    events (id) {
        id -> Text,
        seq -> Nullable<BigInt>,
        hash -> Nullable<Binary>,
        at -> BigInt,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        actor_detail -> Nullable<Text>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        provider_id -> Nullable<Text>,
        cause_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        payload_digest -> Binary,
    }
}

diesel::table! {
    event_payloads (event_id) {
        event_id -> Text,
        salt -> Binary,
        payload -> Text,
    }
}

diesel::table! {
    access_links (id) {
        id -> Text,
        user_id -> Text,
        provider_id -> Text,
        user_name -> Text,
        user_name_key -> Text,
        vendor_id -> Nullable<Text>,
        access_group_id -> Nullable<Text>,
        origin -> Text,
        start_at -> BigInt,
        end_at -> BigInt,
        created -> BigInt,
        ended -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    link_secrets (digest) {
        digest -> Binary,
        link_id -> Text,
        created -> BigInt,
    }
}

diesel::table! {
    entry_codes (id) {
        id -> Text,
        link_id -> Text,
        hash -> Nullable<Text>,
        created -> BigInt,
        expires -> BigInt,
        spent -> Nullable<BigInt>,
    }
}

diesel::table! {
    link_candidates (user_id) {
        user_id -> Text,
        queued -> BigInt,
        event_id -> Nullable<Text>,
    }
}

diesel::table! {
    link_sweeps (provider_id, access_group_id) {
        provider_id -> Text,
        access_group_id -> Text,
        behind -> Text,
        event_id -> Text,
    }
}

diesel::table! {
    panics (id) {
        id -> Text,
        vendor_id -> Nullable<Text>,
        group_id -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::table! {
    panic_marks (mark, user_id) {
        mark -> Text,
        user_id -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    definitions (id) {
        id -> BigInt,
        version -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    server_keys (name) {
        name -> Text,
        secret -> Binary,
        created -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        kind -> Text,
        link_id -> Text,
        code_id -> Nullable<Text>,
        recipient -> Text,
        state -> Text,
        attempts -> BigInt,
        due -> BigInt,
        give_up -> BigInt,
        lease -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        created -> BigInt,
        finished -> Nullable<BigInt>,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Text,
        public -> Binary,
        sealed -> Binary,
        created -> BigInt,
        active_from -> BigInt,
    }
}

diesel::table! {
    access_requests (id) {
        id -> Text,
        user_id -> Text,
        provider_id -> Text,
        user_name -> Text,
        vendor_id -> Nullable<Text>,
        access_group_id -> Text,
        requester_id -> Nullable<Text>,
        requester_name -> Text,
        asked -> Text,
        state -> Text,
        created -> BigInt,
        expires -> BigInt,
        decided -> Nullable<BigInt>,
        link_id -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    access_request_votes (request_id, voice) {
        request_id -> Text,
        voice -> Text,
        name -> Text,
        approves -> Bool,
        level -> BigInt,
        comment -> Nullable<Text>,
        at -> BigInt,
        event_id -> Text,
    }
}

diesel::table! {
    access_request_groups (request_id, group_id) {
        request_id -> Text,
        group_id -> Text,
    }
}

diesel::table! {
    timeline (subject_id, kind) {
        at -> BigInt,
        kind -> Text,
        subject_id -> Text,
        provider_id -> Nullable<Text>,
        vendor_id -> Nullable<Text>,
        name -> Text,
    }
}

diesel::table! {
    timeline_marks (name) {
        name -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    timeline_told (at, subject_id, kind) {
        at -> BigInt,
        subject_id -> Text,
        kind -> Text,
    }
}

diesel::joinable!(link_secrets -> access_links (link_id));
diesel::joinable!(entry_codes -> access_links (link_id));
diesel::joinable!(tokens -> providers (provider_id));
diesel::joinable!(admin_tokens -> administrators (administrator_id));
diesel::joinable!(sessions -> administrators (administrator_id));
diesel::joinable!(event_payloads -> events (event_id));
diesel::joinable!(placements -> users (user_id));
diesel::joinable!(placements -> vendors (vendor_id));
diesel::joinable!(users -> providers (provider_id));

diesel::allow_tables_to_appear_in_same_query!(
    providers,
    client_secrets,
    tokens,
    rate_demand,
    failures,
    used_assertions,
    credential_uses,
    key_dates,
    tolerances,
    refused_requests,
    telemetry_drops,
    warnings,
    users,
    user_emails,
    groups,
    definitions,
    resources,
    unique_values,
    totals,
    vendor_totals,
    memberships,
    access_groups,
    vendors,
    placements,
    placement_moves,
    blocks,
    tombstones,
    administrators,
    admin_tokens,
    sessions,
    sign_in_failures,
    setup_links,
    events,
    event_payloads,
    access_links,
    link_secrets,
    entry_codes,
    link_candidates,
    link_sweeps,
    panic_marks,
    panics,
    outbox,
    signing_keys,
    access_requests,
    access_request_votes,
    access_request_groups,
    timeline,
    timeline_marks,
    timeline_told,
);
