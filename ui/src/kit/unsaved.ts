import { onCleanup } from 'solid-js'

/** A form in which something may be typed that nobody has sent yet. */
interface Unsaved {
  /** For its `ref`. */
  watch(form: Fields): void
  /** What stands in it now is kept elsewhere. */
  saved(): void
}

/** What is needed of a form. */
interface Fields {
  readonly elements: Iterable<unknown>
  addEventListener(type: 'focusin' | 'input' | 'change', listen: () => void): void
}

const open = new Set<() => boolean>()

/** Whether leaving this page would lose something that somebody typed. */
export function isUnsaved(): boolean {
  return [...open].some((changed) => changed())
}

/** Holds on to a form for as long as the component lives. Whatever a program fills in, late too, is not typed. */
export function createUnsaved(): Unsaved {
  let fields: Fields | undefined
  let clean: string | undefined
  let typed = false
  const changed = () => typed && fields !== undefined && contentOf(fields) !== clean
  if (open.size === 0) globalThis.addEventListener?.('beforeunload', beforeUnload)
  open.add(changed)
  onCleanup(() => {
    open.delete(changed)
    if (open.size === 0) globalThis.removeEventListener?.('beforeunload', beforeUnload)
  })
  return {
    watch(form) {
      fields = form
      // Before the first key in it: that is how it was given to the person.
      form.addEventListener('focusin', () => {
        if (!typed) clean = contentOf(form)
      })
      for (const event of ['input', 'change'] as const) form.addEventListener(event, () => void (typed = true))
    },
    saved() {
      typed = false
      clean = fields === undefined ? undefined : contentOf(fields)
    },
  }
}

function contentOf({ elements }: Fields): string {
  return JSON.stringify(
    [...(elements as Iterable<{ readonly name?: string; readonly type?: string; readonly value?: string; readonly checked?: boolean }>)]
      .filter(({ name }) => name !== undefined && name !== '')
      .map(({ name, type, value, checked }) => [name, /^(checkbox|radio)$/.test(type ?? '') ? checked : value]),
  )
}

/** Closing the tab, reloading, following a link to elsewhere: the browser asks in its own words. */
function beforeUnload(event: Event): void {
  if (isUnsaved()) event.preventDefault()
}
