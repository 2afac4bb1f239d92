"""Two OAuth clients from PyPI against the running server.

Prints a line for each thing that worked and ends with status 1 at the first that did not.
"""

import os
import time

import requests
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

ISSUER, SCIM = os.environ["ISSUER"], os.environ["SCIM"]
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
SIGNING_CLIENT_ID = os.environ["SIGNING_CLIENT_ID"]
with open(os.environ["SIGNING_KEY"], encoding="ascii") as file:
    SIGNING_KEY = file.read()
TOKEN, REVOKE, INTROSPECT = (f"{ISSUER}/{path}" for path in ("token", "revoke", "introspect"))


def ok(client, what):
    print(f"ok {client}: {what}", flush=True)


def equal(got, wanted):
    if got != wanted:
        raise SystemExit(f"{got!r} is not {wanted!r}")


def read(token):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{SCIM}/Users?count=0", headers=headers, timeout=30).status_code


def life(client, how, token, introspect, revoke):
    """A token that works, is told of, is ended, and then works no more."""
    equal((token["expires_in"], token["scope"]), (3600, "scim:read"))
    access = token["access_token"]
    equal(read(access), 200)
    ok(client, f"client_credentials by {how}")
    if introspect:
        equal(introspect(access).json()["active"], True)
        ok(client, f"introspection by {how}")
    equal(revoke(access).status_code, 200)
    equal(read(access), 401)
    if introspect:
        equal(introspect(access).json()["active"], False)
    ok(client, f"revocation by {how}")


def authlib(how):
    if how == "private_key_jwt":
        session = Authlib(SIGNING_CLIENT_ID, ECKey.import_key(SIGNING_KEY), token_endpoint_auth_method=how,
                          revocation_endpoint_auth_method=how, scope="scim:read")
        def sign_anew():
            # Its own default of an hour is more than the five minutes that the server takes; and it
            # keeps the `jti` of its first assertion in the claims it was given.
            claims = {"exp": int(time.time()) + 240}
            session.register_client_auth_method(
                PrivateKeyJWT(TOKEN, claims=claims, headers={"kid": "one"}, alg="ES256"))
    else:
        session = Authlib(CLIENT_ID, CLIENT_SECRET, token_endpoint_auth_method=how,
                          revocation_endpoint_auth_method=how, scope="scim:read")

        def sign_anew():
            pass

    def do(operation, *arguments, **parameters):
        sign_anew()
        return operation(*arguments, **parameters)

    token = do(session.fetch_token, TOKEN, grant_type="client_credentials")
    life("authlib", how, token,
         lambda access: do(session.introspect_token, INTROSPECT, token=access),
         lambda access: do(session.revoke_token, REVOKE, token=access))


def requests_oauthlib(how):
    client = BackendApplicationClient(CLIENT_ID, scope=["scim:read"])
    session = OAuth2Session(client=client)
    if how == "client_secret_basic":
        basic = HTTPBasicAuth(CLIENT_ID, CLIENT_SECRET)
        token = session.fetch_token(TOKEN, auth=basic)
    else:
        token = session.fetch_token(TOKEN, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, include_client_id=True)
    token["scope"] = " ".join(token["scope"])

    def revoke(access):
        url, headers, body = client.prepare_token_revocation_request(REVOKE, access)
        if how == "client_secret_basic":
            return requests.post(url, headers=headers, data=body, auth=basic, timeout=30)
        body += f"&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
        return requests.post(url, headers=headers, data=body, timeout=30)

    life("requests-oauthlib", how, token, None, revoke)


for way in ("client_secret_basic", "client_secret_post", "private_key_jwt"):
    authlib(way)
for way in ("client_secret_basic", "client_secret_post"):
    requests_oauthlib(way)
