import type { JSX } from 'solid-js'
import { Part as Asked } from '../kit/ask.tsx'
import type { Loaded } from '../kit/loaded.ts'
import { say, type Word } from './words.ts'

/** What was asked for, its wait and its failure, said in the words of this page. */
export function Part<T>(props: {
  readonly of: Loaded<T>
  readonly what: Word
  readonly lines?: number
  readonly children: (now: () => T) => JSX.Element
}): JSX.Element {
  return (
    <Asked of={props.of} what={say(props.what)} {...(props.lines === undefined ? {} : { lines: props.lines })}>
      {props.children}
    </Asked>
  )
}
