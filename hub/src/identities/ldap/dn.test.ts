import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalDn } from './dn.ts'

describe('a distinguished name', () => {
  it('is one text however it is written [security 101]', () => {
    for (const same of [
      [
        'cn=Admins,ou=Groups,dc=x',
        'CN=admins, OU=groups , DC=X',
        'cn = admins;ou=GROUPS;dc=x',
        '2.5.4.3=Admins,OID.2.5.4.11=Groups,dc=x',
        'cn="Admins",ou=Groups,dc=x',
        String.raw`cn=\41dmins,ou=Groups,dc=x`,
      ],
      [String.raw`cn=a\,b,dc=x`, String.raw`CN=a\2Cb,DC=X`, 'cn="a,b",dc=x', String.raw`cn=A\2cB,dc=x`],
      ['uid=a+cn=b,dc=x', 'CN=B+UID=A,dc=x'],
      [String.raw`cn=caf\C3\A9,dc=x`, 'cn=Café,dc=x', 'cn=CAFE\u0301,dc=x'],
      ['cn=two  words,dc=x', 'cn=Two Words ,dc=x'],
    ])
      assert.equal(new Set(same.map(canonicalDn)).size, 1, JSON.stringify(same.map(canonicalDn)))
  })

  it('is never another one’s [security 101]', () => {
    const all = [
      'cn=a,dc=x',
      String.raw`cn=a\,dc=x`,
      'cn=a+dc=x',
      'cn=a',
      'cn="a,dc=x"',
      String.raw`cn=a\+dc\=x`,
      'dc=x,cn=a',
      'cn=a,dc=x,dc=x',
    ].map(canonicalDn)
    // Two of them are one name, spelt with a quote and with a backslash.
    assert.equal(new Set(all).size, 7, JSON.stringify(all))
    assert.equal(canonicalDn('cn="a,dc=x"'), canonicalDn(String.raw`cn=a\,dc\=x`))
  })

  it('is none where nobody can read it', () => {
    for (const text of [
      '',
      'admins',
      '=x',
      'cn=a,',
      'cn=a,,dc=x',
      'cn="a',
      String.raw`cn=\FF`,
      'cn=<a>',
      'EXTERNAL',
      `cn=${'a'.repeat(3000)}`,
    ])
      assert.equal(canonicalDn(text), undefined, text)
  })
})
