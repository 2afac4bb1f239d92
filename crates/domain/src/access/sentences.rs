//! What the chain says of each check, and what would repair one that fails.

crate::sentences! {
    /// How a check came out.
    pub enum Reason {
        NotBlocked = "not_blocked" "No block is in force on {person}",
        Blocked = "blocked" "An administrator has blocked {person}: {reason}",
        BlockedUntil = "blocked_until" "An administrator has blocked {person} until {until}: {reason}",
        Active = "active" "{person} is active",
        Deactivated = "deactivated" "{person} is deactivated",
        InVendor = "in_vendor" "{person} belongs to vendor {vendor}",
        InNoVendor = "in_no_vendor" "{person} is in no vendor's group",
        VendorEnabled = "vendor_enabled" "Vendor {vendor} is enabled",
        VendorPending = "vendor_pending" "Vendor {vendor} is pending: no administrator has enabled it",
        VendorDisabled = "vendor_disabled" "Vendor {vendor} is disabled",
        VendorClosed = "vendor_closed" "Vendor {vendor} is closed: its group was deleted",
        NoStart = "no_start" "Vendor {vendor} has no start date",
        Started = "started" "Vendor {vendor} started at {start}",
        StartsLater = "starts_later" "Vendor {vendor} starts only at {start}",
        NoEnd = "no_end" "Vendor {vendor} has no end date",
        EndsLater = "ends_later" "Vendor {vendor} ends only at {end}",
        Ended = "ended" "Vendor {vendor} ended at {end}",
        NoAccessGroup = "no_access_group" "Vendor {vendor} has no access group",
        VendorTied = "vendor_tied" "Vendor {vendor} is tied to access group {access_group}",
        AccessGroupEnabled = "access_group_enabled" "Access group {access_group} is enabled",
        AccessGroupDisabled = "access_group_disabled" "Access group {access_group} is disabled",
        InGroup = "in_group" "{person} is in internal group {group}",
        InNoGroup = "in_no_group"
            "{person} is in no internal group, and the provider has no default access group",
        GroupEnabled = "group_enabled" "Internal group {group} is enabled",
        GroupDisabled = "group_disabled" "Internal group {group} is disabled",
        GroupUntied = "group_untied" "Internal group {group} is tied to no access group",
        GroupTied = "group_tied" "Internal group {group} is tied to access group {access_group}",
        DefaultAccessGroup = "default_access_group"
            "The provider's default access group is {access_group}",
    }
}

crate::sentences! {
    /// What to change so that a check holds.
    pub enum Instruction {
        LiftBlock = "lift_block" "Lift the block on {person} ({reason})",
        ActivatePerson = "activate_person"
            "Activate {person} in the provider's product (active = true)",
        ActivateReaddressed = "activate_readdressed"
            "In the provider's product, give {person} another primary e-mail address, since an active person has the same, and activate them (active = true)",
        AddToVendor = "add_to_vendor"
            "In the provider's product, add {person} to the group of a vendor that is enabled, within its dates and tied to an enabled access group",
        AddToInternalGroup = "add_to_internal_group"
            "In the provider's product, add {person} to an enabled internal group that is tied to an enabled access group, or give the provider a default access group",
        EnableVendor = "enable_vendor" "Enable vendor {vendor}",
        ReattachVendor = "reattach_vendor"
            "Re-attach vendor {vendor} to a group of this person",
        SetStart = "set_start" "Set the start date of vendor {vendor} to {latest} or earlier",
        MoveStart = "move_start" "Move the start date of vendor {vendor} to {latest} or earlier",
        WaitUntil = "wait_until"
            "Wait until {start}, or move the start date of vendor {vendor} to {latest} or earlier",
        ExtendEnd = "extend_end"
            "Move the end date of vendor {vendor} beyond {beyond}, or clear it",
        TieVendor = "tie_vendor" "Tie vendor {vendor} to an enabled access group",
        EnableAccessGroup = "enable_access_group" "Enable access group {access_group}",
        EnableInternalGroup = "enable_internal_group" "Enable internal group {group}",
        TieGroup = "tie_group" "Tie internal group {group} to an enabled access group",
    }
}
