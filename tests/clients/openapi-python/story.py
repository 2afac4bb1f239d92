"""One whole story over the generated Python client: the same that story.ts tells."""

import datetime
import os

from vestibule_client import AuthenticatedClient, Client
from vestibule_client.api.access_groups import create_access_group
from vestibule_client.api.o_auth import issue_token
from vestibule_client.api.people import decide_access
from vestibule_client.api.providers import create_provider, delete_provider
from vestibule_client.api.requests import list_provider_requests
from vestibule_client.api.scim import create_group, create_user
from vestibule_client.api.vendors import change_vendor, get_vendor, list_vendors
from vestibule_client.models import (
    GroupResource,
    NewAccessGroup,
    NewProvider,
    Problem,
    TokenForm,
    UserResource,
    UserType,
    VendorChanges,
    VendorSort,
    VendorStatus,
)

base = os.environ["VESTIBULE_URL"]
admin = AuthenticatedClient(base_url=base, token=os.environ["ADMIN_TOKEN"])


def good(answer):
    """An answer that is no refusal."""
    if isinstance(answer, Problem):
        raise SystemExit(f"{answer.status} {answer.title}: {answer.detail}")
    return answer


okta = good(
    create_provider.sync(
        client=admin,
        body=NewProvider(name="Okta (Python)", user_type=UserType.THIRD_PARTY, allowed_addresses=["*"]),
    )
)
granted = issue_token.sync(
    client=Client(base_url=base),
    body=TokenForm(
        grant_type="client_credentials", client_id=okta.client_id, client_secret=okta.client_secret
    ),
)
scim = AuthenticatedClient(base_url=base, token=granted.access_token)
grace = UserResource.from_dict(
    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "grace", "active": True}
)
user = create_user.sync(client=scim, body=grace)
assert create_user.sync_detailed(client=scim, body=grace).status_code == 409
group = create_group.sync(
    client=scim,
    body=GroupResource.from_dict(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Acme (Python)",
            "members": [{"value": user.id}],
        }
    ),
)
assert group.id

policy = create_access_group.sync(client=admin, body=NewAccessGroup(name="Windows (Python)"))
page = list_vendors.sync(client=admin, provider=okta.id, sort=VendorSort("-name"), limit=1)
vendor = page.items[0]
assert vendor.status == VendorStatus.PENDING, vendor
changed = change_vendor.sync(
    vendor.id,
    client=admin,
    body=VendorChanges(
        access_group=policy.id,
        start=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
        status=VendorStatus.ENABLED,
    ),
)
assert changed.status == VendorStatus.ENABLED, changed
decision = decide_access.sync(user.id, client=admin)
assert decision.verdict == "allowed", decision

# A refusal is typed too.
problem = get_vendor.sync(okta.id, client=admin)
assert isinstance(problem, Problem) and problem.status == 404, problem
assert delete_provider.sync_detailed(okta.id, client=admin).status_code == 204
assert list_provider_requests.sync(okta.id, client=admin).status == 404
print("ok openapi-python-client: the whole story over a generated client")
