import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attachment } from './file.ts'

describe('the name of a file that is saved', () => {
  for (const [given, said] of [
    ['web.alpha.log', 'attachment; filename="web.alpha.log"'],
    ['../../etc/passwd', 'attachment; filename="etc_passwd"'],
    ['.bashrc', 'attachment; filename="bashrc"'],
    ['a"; filename="b.exe', 'attachment; filename="a_filename_b.exe"'],
    ['a\r\nSet-Cookie: x', 'attachment; filename="a_Set-Cookie_x"'],
    ['hôte.log', `attachment; filename="h_te.log"; filename*=UTF-8''h%C3%B4te.log`],
    ['gpj\u202Eexe', 'attachment; filename="gpj_exe"'],
    ['...', 'attachment; filename="file"'],
    ['x'.repeat(500), `attachment; filename="${'x'.repeat(120)}"`],
    [`${'x'.repeat(119)}𐐷`, `attachment; filename="${'x'.repeat(119)}_"; filename*=UTF-8''${'x'.repeat(119)}%EF%BF%BD`],
  ] as const)
    it(`${JSON.stringify(given.slice(0, 30))} can name no other place and no other header`, () => assert.equal(attachment(given), said))
})
