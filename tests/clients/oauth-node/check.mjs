// Three OAuth clients from npm against the running server. Prints a line for each thing that worked
// and ends with status 1 at the first that did not.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ClientCredentials } from 'simple-oauth2';

const { ISSUER, SCIM, CLIENT_ID, CLIENT_SECRET, SIGNING_CLIENT_ID, SIGNING_KEY } = process.env;
const insecure = { [oauth.allowInsecureRequests]: true };

const pem = createPrivateKey(readFileSync(SIGNING_KEY));
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const der = pem.export({ type: 'pkcs8', format: 'der' });
const key = { kid: 'one', key: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']) };

const ok = (client, what) => console.log(`ok ${client}: ${what}`);
const read = async (token) =>
  (await fetch(`${SCIM}/Users?count=0`, { headers: { authorization: `Bearer ${token}` } })).status;

/** A token that works, is told of, is ended, and then works no more. */
async function life(client, how, { grant, introspect, revoke }) {
  const { token, expires, scope } = await grant();
  assert.equal(expires, 3600);
  assert.equal(scope, 'scim:read');
  assert.equal(await read(token), 200);
  ok(client, `client_credentials by ${how}`);
  if (introspect) {
    assert.equal((await introspect(token)).active, true);
    ok(client, `introspection by ${how}`);
  }
  await revoke(token);
  assert.equal(await read(token), 401);
  if (introspect) assert.equal((await introspect(token)).active, false);
  ok(client, `revocation by ${how}`);
}

// oauth4webapi
{
  const name = 'oauth4webapi';
  const issuer = new URL(ISSUER);
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  ok(name, 'discovery (RFC 8414)');
  for (const [how, id, authentication] of [
    ['client_secret_basic', CLIENT_ID, oauth.ClientSecretBasic(CLIENT_SECRET)],
    ['client_secret_post', CLIENT_ID, oauth.ClientSecretPost(CLIENT_SECRET)],
    ['private_key_jwt', SIGNING_CLIENT_ID, oauth.PrivateKeyJwt(key)],
  ]) {
    const client = { client_id: id };
    await life(name, how, {
      grant: async () => {
        const scope = new URLSearchParams({ scope: 'scim:read' });
        const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, scope, insecure);
        const granted = await oauth.processClientCredentialsResponse(server, client, response);
        return { token: granted.access_token, expires: granted.expires_in, scope: granted.scope };
      },
      introspect: async (token) => {
        const response = await oauth.introspectionRequest(server, client, authentication, token, insecure);
        return oauth.processIntrospectionResponse(server, client, response);
      },
      revoke: async (token) =>
        oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, token, insecure)),
    });
  }
}

// openid-client
for (const [how, id, authentication] of [
  ['client_secret_basic', CLIENT_ID, openid.ClientSecretBasic(CLIENT_SECRET)],
  ['client_secret_post', CLIENT_ID, openid.ClientSecretPost(CLIENT_SECRET)],
  ['private_key_jwt', SIGNING_CLIENT_ID, openid.PrivateKeyJwt(key)],
]) {
  const options = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] };
  const config = await openid.discovery(new URL(ISSUER), id, undefined, authentication, options);
  await life('openid-client', how, {
    grant: async () => {
      const granted = await openid.clientCredentialsGrant(config, { scope: 'scim:read' });
      return { token: granted.access_token, expires: granted.expires_in, scope: granted.scope };
    },
    introspect: (token) => openid.tokenIntrospection(config, token),
    revoke: (token) => openid.tokenRevocation(config, token),
  });
}

// simple-oauth2 has no introspection and no assertions.
for (const [how, authorizationMethod] of [['client_secret_basic', 'header'], ['client_secret_post', 'body']]) {
  const client = new ClientCredentials({
    client: { id: CLIENT_ID, secret: CLIENT_SECRET },
    auth: {
      tokenHost: new URL(ISSUER).origin,
      tokenPath: `${new URL(ISSUER).pathname}/token`,
      revokePath: `${new URL(ISSUER).pathname}/revoke`,
    },
    options: { authorizationMethod },
  });
  let granted;
  await life('simple-oauth2', how, {
    grant: async () => {
      granted = await client.getToken({ scope: 'scim:read' });
      const { access_token: token, expires_in: expires, scope } = granted.token;
      return { token, expires, scope };
    },
    revoke: () => granted.revoke('access_token'),
  });
}
