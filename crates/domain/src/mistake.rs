//! What can be wrong in what an administrator gave, and what can stand in the way of a change.

crate::sentences! {
    /// What is wrong at a field, without the field's name before it.
    ///
    /// More special sentences stand before those that would read as them.
    pub enum Mistake {
        Empty = "empty" "must not be empty",
        TooLong = "too_long" "must not be longer than {max} characters",
        ControlCharacter = "control_character" "must not hold control characters",
        SurroundingSpace = "surrounding_space" "must not begin or end with a space",
        TooMany = "too_many" "must not have more than {max} entries",
        TooManyEntries = "too_many_entries" "more than {max} entries",
        Duplicate = "duplicate" "must not name the same entry twice",
        DaysOutOfRange = "days_out_of_range" "must be between {min} and {max} days",
        OutOfRange = "out_of_range" "must be between {min} and {max}",
        NotWhole = "not_whole" "must be a whole number",
        NotJson = "not_json" "is not JSON: line {line}, column {column}",

        DefaultOfThirdParty = "default_of_third_party"
            "only an internal provider has one; vendors are tied one by one",
        DeliveryOfThirdParty = "delivery_of_third_party"
            "only an internal provider has one; each vendor says so for its people",
        EndNotAfterStart = "end_not_after_start" "must be later than the start",
        EnabledWithoutAccessGroup = "enabled_without_access_group"
            "a vendor is enabled only once it has an access group",
        EnabledWithoutStart = "enabled_without_start"
            "a vendor is enabled only once it has a start date",
        ClosedByGroup = "closed_by_group" "a vendor is closed by deleting its group",
        NeverPending = "never_pending" "a vendor that was decided on is never pending again",
        UserTypeFixed = "user_type_fixed" "is chosen at registration and cannot be changed",

        NotAnAddress = "not_an_address" "`{item}` is not an address, a network such as 10.0.0.0/8, or *",
        NotOneAddress = "not_one_address" "`{item}` is not an address or a network such as 10.0.0.0/8",
        NotAnOrigin = "not_an_origin"
            "`{item}` is not an origin such as https://iga.example or https://iga.example:8443",
        OriginWithPath = "origin_with_path"
            "`{item}` has a path; give the scheme, the host and, if need be, the port",

        StartInPast = "start_in_past" "{start} is in the past",
        StartBeforeVendor = "start_before_vendor" "the vendor starts only at {start}",
        StartAfterVendor = "start_after_vendor" "the vendor ends at {end}",
        NoDuration = "no_duration" "must be at least 1",
        DurationTooLong = "duration_too_long" "must not be more than {max}",
        BeyondVendor = "beyond_vendor"
            "the link would last until {end}, but the vendor ends at {vendor}",
        NotAfterNow = "not_after_now" "must be later than now",
        InFuture = "in_future" "must not be in the future",
        NotAfterFrom = "not_after_from" "must be later than `from`",
        NoMinute = "no_minute" "must be at least one minute",

        PasswordLength = "password_length" "must have {min} to {max} characters",
        WrongPassword = "wrong_password" "is not the password you have now",
        WrongCode = "wrong_code"
            "is not the one the authenticator shows now; check the clock of the telephone",
        KeyDamaged = "key_damaged" "begin again, the key is damaged",

        NoAccessGroup = "no_access_group" "no access group has this id",
        NoVendor = "no_vendor" "no vendor has the id {vendor}",
        NoAdministrator = "no_administrator"
            "no administrator is named {names}; an approver is named as the administrator is",
        HowManyPeople = "how_many_people" "name from 1 to {max} people",
        NoScope = "no_scope" "this client is allowed no scope",
        Scope = "scope" "this client is allowed {scope}",
        BadCursor = "bad_cursor" "send `next` or `previous` of another page as it was answered",
        SortOfOne = "sort_of_one"
            "people are sorted by `modified` within one provider; name the provider",
        OtherOrder = "other_order"
            "this cursor belongs to a list in another order; begin again without it",

        NoMethod = "no_method" "at least one method is needed",
        KeysOrAddress = "keys_or_address" "either jwks or jwks_uri is needed",
        TooManyIssuers = "too_many_issuers" "at most {max} issuers",
        HowMany = "how_many" "between {min} and {max} are needed",
        NoEntry = "no_entry" "at least one is needed",
        BadName = "bad_name" "must have {min} to {max} characters and no control character",
        BadUrl = "bad_url" "must be an address such as https://iga.example/keys",
        PlainKeys = "plain_keys"
            "must begin with https://, or the configuration allow calls with call_private_addresses",
        UnfitKeys = "unfit_keys" "none of the keys signs by one of these",
        NoSubject = "no_subject" "must be a distinguished name such as CN=iga,O=Example",
        SubjectTwice = "subject_twice" "`{subject}` of this issuer is named twice",
        NoKeySet = "no_key_set" "a JWK set is a JSON object with an array `keys` (RFC 7517 section 5)",
        TooManyKeys = "too_many_keys" "a JWK set may have at most {max} keys",
        BadKey = "bad_key"
            "key {key} is no public RSA, P-256, P-384 or Ed25519 signature key of at least 2048 bits for RSA",
        PrivateKey = "private_key" "key {key} contains private members; register the public key alone",
        NoSigningKey = "no_signing_key" "the set has no key for signatures",
        BadThumbprint = "bad_thumbprint"
            "a thumbprint is the SHA-256 of a certificate: 43 characters of base64url or 64 hexadecimal digits",

        MailControlCharacter = "mail_control_character"
            "the address holds a line break or another control character",
        MailTooLong = "mail_too_long" "the address is longer than {max} characters",
        MailMalformed = "mail_malformed" "it is no address: expected name@host",
        MailNotAscii = "mail_not_ascii" "the mail server does not take addresses beyond ASCII",
    }
}

crate::sentences! {
    /// What stands in the way of a change, and what to do about it.
    pub enum Hindrance {
        EmailTaken = "email_taken" "the e-mail address is already in use",
        Taken = "taken" "{attribute} is already in use",
        AccessGroupName = "access_group_name" "an access group of this name exists already",
        ProviderName = "provider_name" "a provider of this name and user type exists already",
        AdministratorName = "administrator_name" "an administrator of this name exists already",
        Federated = "federated"
            "provider {provider} is federated with issuer {issuer} and subject {subject} already, so a token would \
             not tell whose it is",
        TokenName = "token_name" "the provider has an activation token of this name already",

        LastAdministrator = "last_administrator"
            "this is the last enabled administrator; make another one first",
        SetUp = "set_up" "there is an administrator already",
        AccessGroupInUse = "access_group_in_use"
            "the access group is in use: {vendors} vendors, {internal_groups} internal groups and the default of \
             {providers} providers are tied to it",
        SchemaTaken = "schema_taken" "a schema of this URN exists already",
        AttributeTaken = "attribute_taken" "the schema has an attribute {attribute} already",
        ResourceTypeTaken = "resource_type_taken" "a resource type of this name exists already",
        EndpointInUse = "endpoint_in_use" "a resource type is served at this endpoint already",
        ExtendedAlready = "extended_already" "the resource type has this schema already",
        SchemaInUse = "schema_in_use" "the resource type {resource_type} has this schema",
        Held = "held"
            "{count} resources of the type {resource_type} hold data of it; remove that first",
        NotRetyped = "not_retyped" "this is not the name that was shown; nothing was changed",
        DisabledNotPaused = "disabled_not_paused"
            "the provider is disabled, not paused; enable it first (`vestibule provider enable`)",
        EnabledAgain = "enabled_again" "the provider was enabled again while it was being deleted",
        ValidityEnded = "validity_ended" "the provider's validity has ended",
        OfStaff = "of_staff"
            "provider {provider} is registered for staff; only vendors' people are imported",
        GroupOfVendor = "group_of_vendor" "the group is a vendor's, not an internal group",
        NotClosed = "not_closed" "only a closed vendor can be re-attached",
        GroupDecided = "group_decided" "the group's present vendor is no longer pending",
        NamedVendorClosed = "named_vendor_closed"
            "vendor {vendor} is closed; attach it to a group again first",
        VendorClosed = "vendor_closed" "the vendor is closed; attach it to a group again first",

        LinkEnded = "link_ended" "the link has ended; make another one",
        LinkClosed = "link_closed" "the link does not work any more; make a new one",
        LinkNotYet = "link_not_yet" "the link works only from {start} on",
        CodesSpent = "codes_spent" "this link has had {max} codes within an hour; try again later",
        Blocked = "blocked" "{person} is blocked: {reason}; lift the block first",
        NotAdmitted = "not_admitted"
            "{person} may not get in when the link starts, so it would open nothing. {steps}",
        ApprovalsNeeded = "approvals_needed"
            "access group {access_group} needs {approvals} approvals, so {person} gets no link without; make an \
             access request for them (POST /api/v1/access-requests, `vestibule access-request add`)",
        ApprovalsInLevels = "approvals_in_levels"
            "access group {access_group} needs {approvals} approvals in each of {levels} levels, so {person} gets no \
             link without; make an access request for them (POST /api/v1/access-requests, `vestibule access-request \
             add`)",
        NoMailServer = "no_mail_server"
            "no mail server is configured; set smtp_host, or show the link instead",
        NoEmail = "no_email"
            "{person} has no e-mail address; have it set in the provider's product, or make a link that is shown and \
             forward it",
        NotMailable = "not_mailable"
            "no mail can go to the e-mail address of {person}: {why}; have it corrected in the provider's product, \
             or make a link that is shown and forward it",

        NoPolicy = "no_policy"
            "no enabled access group stands behind {person}; tie their vendor or group to one first",
        NoApprovals = "no_approvals"
            "access group {access_group} needs no approvals; give {person} a link instead",
        DisapprovedByNow = "disapproved_by_now"
            "as many have disapproved ({disapprovals}) as access group {access_group} takes by now to end this access \
             request, so no approval makes its link; withdraw it and make another, or change the access group",
        TooFewApprovers = "too_few_approvers"
            "access group {access_group} needs more approvals ({needed}) than it names approvers who may approve what \
             {requester} asks for ({able}); name more of them there",
        ApproverAsks = "approver_asks"
            "access group {access_group} needs more approvals ({needed}) than it names approvers, besides {requester}, \
             who may approve this ({able}); name more of them there, or have somebody make the request who is none of \
             them",
        AlreadyAsked = "already_asked"
            "access for {person} is requested already; decide on request {request} or withdraw it first",
        AccessGroupGone = "access_group_gone"
            "the access group is gone; withdraw the request and make another",
        VendorChanged = "vendor_changed"
            "{person} belongs to another vendor now than when access was requested; withdraw the request and make \
             another",
        AccessGroupChanged = "access_group_changed"
            "{person} gets in by another access group now than when access was requested; withdraw the request and \
             make another",
        GovernanceIdMissing = "governance_id_missing"
            "the access group of {person} takes a governance id by now, and the request has none; withdraw the request \
             and make another",
        OwnRequest = "own_request"
            "whoever made an access request cannot decide on it; another administrator has to",
        VotedAlready = "voted_already"
            "you have decided on this access request already; each level needs others",
        NotApprover = "not_approver"
            "only the approvers whom the access group names decide on this access request",
        Approved = "approved" "the access request is approved already",
        Disapproved = "disapproved" "the access request is disapproved already",
        Withdrawn = "withdrawn"
            "the access request is withdrawn already; whoever still needs access makes a new one",
        Expired = "expired" "the access request is expired already",

        KeySecretChanged = "key_secret_changed"
            "the signing key cannot be decrypted: key_secret is not the one it was encrypted under",
        NoKeySecret = "no_key_secret"
            "nothing can be signed: on PostgreSQL, set key_secret to 32 random bytes in base64",
    }
}

crate::sentences! {
    /// What is wrong in a definition of a schema or a resource type, behind its place: the words of
    /// [`vestibule_scim::schema::DefinitionError`].
    pub enum Flaw {
        TooMany = "too_many" "more than {max}",
        TooLong = "too_long" "too long",
        LongerThan = "longer_than" "longer than {max} characters",
        Nul = "nul" "holds the character U+0000",
        Twice = "twice" "one is empty or there twice",
        NameTwice = "name_twice" "there are two of that name; case does not tell them apart",
        Required = "required" "a value is required",
        NameRequired = "name_required" "a name is required",
        UrnRequired = "urn_required" "a URN is required",
        NoText = "no_text" "expected a string",
        NoBoolean = "no_boolean" "expected true or false",
        NoTexts = "no_texts" "expected an array of strings",
        NoArray = "no_array" "expected an array",
        NoWord = "no_word" "expected {expected}, got {found}",
        NoObject = "no_object" "{what} is a JSON object",
        UnknownMember = "unknown_member" "{what} has no {member}: it has {known}",

        BadUrn = "bad_urn" "expected a URN such as \"urn:example:params:scim:schemas:Badge\"",
        UrnCharacters = "urn_characters" "a URN has letters, digits and : . _ - / % # + ~ @ $",
        MessagesUrn = "messages_urn"
            "urn:ietf:params:scim:api: is for the protocol's messages, not for schemas",
        NoSchemaThere = "no_schema_there" "there is no schema of that URN",
        NoSchema = "no_schema" "there is no schema {urn}",
        SchemaThere = "schema_there" "there is a schema of that URN",
        ReadsAsAttribute = "reads_as_attribute"
            "one of it and {urn} reads as an attribute of the other",
        RequiredAdded = "required_added" "what is added to a schema cannot be required",

        BadName = "bad_name" "expected a letter, then letters, digits, - and _",
        BadEndpoint = "bad_endpoint" "expected one segment such as \"/Devices\"",
        NoTypeThere = "no_type_there" "there is no resource type of that name",
        TypeThere = "type_there" "there is a resource type of that name",
        EndpointTaken = "endpoint_taken" "there is a resource type there",
        OwnName = "own_name" "it is a name of SCIM's own",
        OwnEndpoint = "own_endpoint" "it is an endpoint of SCIM's own",
        ExtendsUser = "extends_user" "it extends User",
        ItsSchema = "its_schema" "it is the schema of another resource type",
        SchemaOfAnother = "schema_of_another" "{urn} is the schema of another resource type",
        SchemaAlready = "schema_already" "{urn} is a schema of it already",
        EverybodyHas = "everybody_has" "every resource has something of that name",
        NoReferenceType = "no_reference_type"
            "{name} is neither a resource type nor external or uri",

        NestedTwice = "nested_twice" "a sub-attribute has none of its own",
        NestedComplex = "nested_complex" "a sub-attribute is not complex",
        NoNested = "no_nested" "a complex attribute has at least one",
        OnlyComplex = "only_complex" "only a complex attribute has them",
        NoCase = "no_case" "a value of this type has no case",
        NoUniqueness = "no_uniqueness" "a value of this type has no uniqueness",
        OnlyText = "only_text" "only a string has them",
        ReferenceToNothing = "reference_to_nothing" "a reference says what it may refer to",
        OnlyReference = "only_reference" "only a reference has them",
        WriteOnly = "write_only" "what is writeOnly is returned never",
        OtherType = "other_type" "{name} is of type {type}",
    }
}
