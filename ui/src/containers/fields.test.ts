import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unknownContainerField } from './fields.ts'

describe('a field that no container has', () => {
  it('is said when nothing fits, and always of what excludes; an image with its tag is no field', () => {
    assert.equal(unknownContainerField('iamge:nginx', 0)?.nearest, 'image')
    assert.equal(unknownContainerField('nginx:1.27', 3), undefined)
    assert.equal(unknownContainerField('nginx:1.27', undefined), undefined)
    assert.equal(unknownContainerField('-colour:red', 3)?.name, 'colour')
    assert.equal(unknownContainerField('state:running health:unhealthy', 0), undefined)
  })
})
