import * as z from 'zod/mini'

const Attribute = z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$|^\d+(\.\d+){1,20}$/))
const Dn = z.string().check(z.maxLength(1024))
const Filter = z.string().check(z.maxLength(2048))

/** Where a directory is and what an entry of it means. What is absent is as in its preset. */
export const LdapSettings = z.object({
  kind: z.literal('ldap'),
  preset: z.enum(['openldap', 'active-directory']),
  host: z.string().check(z.minLength(1), z.maxLength(253), z.regex(/^[A-Za-z0-9._:-]+$/)),
  /** Absent: 636 for `ldaps`, else 389. */
  port: z.optional(z.int().check(z.gte(1), z.lte(65_535))),
  /** `plain` only to networks that whoever runs the hub opened. */
  security: z._default(z.enum(['ldaps', 'starttls', 'plain']), 'ldaps'),
  /** PEM of the authority that signed the directory's certificate; empty: those that every browser knows. */
  ca: z._default(z.string().check(z.maxLength(65_536)), ''),
  /** Who looks people up. A DN, or a name that Active Directory takes (`reader@example.test`). */
  bindDn: z.string().check(z.minLength(3), z.maxLength(1024), z.regex(/[=@\\]/)),
  /** People are looked for here and below. */
  base: Dn.check(z.minLength(3)),
  /** Whom to let in, beside the name that was typed. */
  userFilter: z.optional(Filter),
  /** What people type as their name. */
  nameAttributes: z.optional(z.array(Attribute).check(z.minLength(1), z.maxLength(4))),
  /** What stays when somebody is renamed or moved. */
  subjectAttribute: z.optional(Attribute),
  displayAttribute: z.optional(Attribute),
  emailAttribute: z.optional(Attribute),
  /** `member-of`: an attribute of the person. `search`: entries that name the person. `nested`: groups in groups too (Active Directory). */
  groupsFrom: z.optional(z.enum(['member-of', 'search', 'nested'])),
  /** Groups are looked for here; empty: under `base`. */
  groupBase: z._default(Dn, ''),
  groupFilter: z.optional(Filter),
  memberAttribute: z.optional(Attribute),
})
export type LdapSettings = z.infer<typeof LdapSettings>
