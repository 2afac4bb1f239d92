// One whole story over the generated TypeScript types: an administrator registers a product, the
// product fetches a token and pushes a vendor's person, and the administrator lets them in.
import createClient from "openapi-fetch";
import type { paths, components } from "./schema.js";

const base = process.env["VESTIBULE_URL"]!;
const token = process.env["ADMIN_TOKEN"]!;
const admin = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${token}` } });

function must<T>(value: T | undefined, error: unknown): T {
  if (value === undefined) throw new Error(JSON.stringify(error));
  return value;
}
function equal(left: unknown, right: unknown): void {
  if (left !== right) throw new Error(`${String(left)} is not ${String(right)}`);
}

const registered = await admin.POST("/api/v1/providers", {
  body: { name: "Okta (TypeScript)", user_type: "third_party", allowed_addresses: ["*"] },
});
const okta: components["schemas"]["RegisteredProvider"] = must(registered.data, registered.error);

const granted = await admin.POST("/iso/oauth2/token", {
  headers: { Authorization: null, "Content-Type": "application/x-www-form-urlencoded" },
  body: { grant_type: "client_credentials", client_id: okta.client_id, client_secret: okta.client_secret },
});
const scim = createClient<paths>({
  baseUrl: base,
  headers: { Authorization: `Bearer ${must(granted.data, granted.error).access_token}`, "Content-Type": "application/scim+json" },
});
const user = await scim.POST("/iso/scim/v2/Users", {
  body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "grace", active: true },
});
const grace = must(user.data, user.error).id!;
const group = await scim.POST("/iso/scim/v2/Groups", {
  body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "Acme (TypeScript)", members: [{ value: grace }] },
});
must(group.data, group.error);

const policy = await admin.POST("/api/v1/access-groups", { body: { name: "Windows (TypeScript)" } });
const vendors = await admin.GET("/api/v1/vendors", { params: { query: { provider: okta.id, sort: "-name", limit: 1 } } });
const page = must(vendors.data, vendors.error);
if (typeof page === "string") throw new Error("a page was asked for, not an export");
const vendor = page.items[0]!;
equal(vendor.status, "pending");
const changed = await admin.PATCH("/api/v1/vendors/{id}", {
  params: { path: { id: vendor.id } },
  body: { access_group: must(policy.data, policy.error).id, start: "2026-01-01T00:00:00Z", status: "enabled" },
});
equal(must(changed.data, changed.error).status, "enabled");
const decision = await admin.GET("/api/v1/users/{id}/access", { params: { path: { id: grace } } });
equal(must(decision.data, decision.error).verdict, "allowed");

// A refusal is typed too.
const nobody = await admin.GET("/api/v1/vendors/{id}", { params: { path: { id: okta.id } } });
equal(nobody.data, undefined);
const problem: components["schemas"]["Problem"] = nobody.error!;
equal(problem.status, 404);
equal((await admin.DELETE("/api/v1/providers/{id}", { params: { path: { id: okta.id } } })).response.status, 204);
console.log("ok openapi-typescript: the whole story over generated types");
