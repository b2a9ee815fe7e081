import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRoot } from 'solid-js'
import { createUnsaved, isUnsaved } from './unsaved.ts'

/** A form of one field, in which a person types and a program writes. */
function makeForm(value = '') {
  const field = { name: 'name', type: 'text', value }
  const events = new EventTarget()
  const say = (type: string) => void events.dispatchEvent(new Event(type))
  return {
    elements: [field, { name: '', value: 'no field' }],
    addEventListener: (type: string, listen: () => void) => events.addEventListener(type, listen),
    enter: () => say('focusin'),
    fill: (text: string) => void (field.value = text),
    type(text: string) {
      field.value = text
      say('input')
    },
  }
}

describe('what was typed and not sent', () => {
  const within = (run: (form: ReturnType<typeof makeForm>, saved: () => void) => void) =>
    createRoot((dispose) => {
      const form = makeForm('as given')
      const { watch, saved } = createUnsaved()
      watch(form)
      form.enter()
      run(form, saved)
      dispose()
      assert.equal(isUnsaved(), false, 'a form that is gone holds nobody')
    })

  it('is nothing in a form that nobody touched, whatever a program filled in late', () =>
    within((form) => {
      form.fill('came later')
      assert.equal(isUnsaved(), false)
    }))

  it('is lost by leaving, until it is as it was again', () =>
    within((form) => {
      form.type('another')
      assert.equal(isUnsaved(), true)
      form.enter()
      assert.equal(isUnsaved(), true)
      form.type('as given')
      assert.equal(isUnsaved(), false)
    }))

  it('is kept once it was sent, and begins anew with the next key', () =>
    within((form, saved) => {
      form.type('another')
      saved()
      assert.equal(isUnsaved(), false)
      form.type('a third')
      assert.equal(isUnsaved(), true)
    }))
})
