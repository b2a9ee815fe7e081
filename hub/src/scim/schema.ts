/** One attribute that counts here; what a directory sends beside these is passed over. */
export interface Attribute {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'complex'
  readonly multi?: true
  readonly sub?: readonly Attribute[]
  readonly required?: true
  readonly unique?: true
  readonly caseExact?: true
}

export const urns = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
  config: 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig',
  resourceType: 'urn:ietf:params:scim:schemas:core:2.0:ResourceType',
  schema: 'urn:ietf:params:scim:schemas:core:2.0:Schema',
} as const

const texts = (...names: readonly string[]): Attribute[] => names.map((name) => ({ name, type: 'string' }))
const several = [...texts('value', 'display', 'type'), { name: 'primary', type: 'boolean' }] as const satisfies readonly Attribute[]

const enterprise: Attribute = {
  name: urns.enterprise,
  type: 'complex',
  sub: texts('employeeNumber', 'costCenter', 'organization', 'division', 'department'),
}

export const userAttributes: readonly Attribute[] = [
  { name: 'userName', type: 'string', required: true, unique: true },
  { name: 'externalId', type: 'string', caseExact: true },
  ...texts('displayName', 'nickName', 'profileUrl', 'title', 'userType', 'preferredLanguage', 'locale', 'timezone'),
  {
    name: 'name',
    type: 'complex',
    sub: texts('formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'),
  },
  { name: 'emails', type: 'complex', multi: true, sub: several },
  { name: 'phoneNumbers', type: 'complex', multi: true, sub: several },
  { name: 'active', type: 'boolean' },
  enterprise,
]

export const groupAttributes: readonly Attribute[] = [
  { name: 'displayName', type: 'string', required: true, unique: true },
  { name: 'externalId', type: 'string', caseExact: true },
  { name: 'members', type: 'complex', multi: true, sub: texts('value', 'display', 'type') },
]

/** Without regard to case, as the standard wants it. */
export function attributeOf(attributes: readonly Attribute[], name: string): Attribute | undefined {
  const small = name.toLowerCase()
  return attributes.find((one) => one.name.toLowerCase() === small)
}

const typeOf = { user: urns.user, group: urns.group } as const

/** What /Schemas, /ResourceTypes and /ServiceProviderConfig answer. */
export function schemaDocuments(): Record<string, unknown>[] {
  return [
    schemaDocument(
      typeOf.user,
      'User',
      userAttributes.filter(({ name }) => name !== urns.enterprise),
    ),
    schemaDocument(urns.enterprise, 'EnterpriseUser', enterprise.sub!),
    schemaDocument(typeOf.group, 'Group', groupAttributes),
  ]
}

function schemaDocument(id: string, name: string, attributes: readonly Attribute[]): Record<string, unknown> {
  return {
    schemas: [urns.schema],
    id,
    name,
    attributes: attributes.map(describe),
    meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${id}` },
  }
}

function describe({ name, type, multi, sub, required, unique, caseExact }: Attribute): Record<string, unknown> {
  return {
    name,
    type,
    multiValued: multi === true,
    required: required === true,
    caseExact: caseExact === true,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: unique === true ? 'server' : 'none',
    ...(sub === undefined ? {} : { subAttributes: sub.map(describe) }),
  }
}

export function resourceTypeDocuments(): Record<string, unknown>[] {
  const one = (name: 'User' | 'Group', schema: string, more: object) => ({
    schemas: [urns.resourceType],
    id: name,
    name,
    endpoint: `/${name}s`,
    schema,
    ...more,
    meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${name}` },
  })
  return [one('User', urns.user, { schemaExtensions: [{ schema: urns.enterprise, required: false }] }), one('Group', urns.group, {})]
}

export function configDocument(mostResults: number): Record<string, unknown> {
  return {
    schemas: [urns.config],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: mostResults },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token of a service account whose scope is scim:provision.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: '/scim/v2/ServiceProviderConfig' },
  }
}
