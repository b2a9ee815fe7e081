import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import { bridge, containerCharts, dataOf, gapsOf, hostCharts, namesOf, sparkPath } from './charts.ts'

const times = [0, 10_000, 20_000, 30_000, 40_000, 50_000]
const answer = (avg: (number | null)[], name = 'load1'): MetricsAnswer => ({
  stepMs: 10_000,
  times,
  series: [{ subject: '', name, avg, max: avg }],
})
const load = hostCharts.find(({ title }) => title === 'metrics.load')!

describe('charts', () => {
  it('join over one point that is missing, and leave two as a gap', () => {
    assert.deepEqual(bridge([1, null, 3, null, null, 6]), [1, undefined, 3, null, null, 6])
    assert.deepEqual(bridge([null, 1, null]), [null, 1, null])
  })

  it('say that a figure is not there rather than draw it as nothing', () => {
    const { series } = dataOf(answer([1, 2, 3, 4, 5, 6]), load)
    assert.deepEqual(
      series.map(({ name, known, latest }) => [name, known, latest]),
      [
        ['load1', true, 6],
        ['load5', false, undefined],
        ['load15', false, undefined],
      ],
    )
    assert.ok(series[1]!.avg.every((value) => value === null))
  })

  it('have no newest value when the last three points are missing', () => {
    assert.equal(dataOf(answer([1, 2, 3, null, null, null]), load).series[0]!.latest, undefined)
    assert.equal(dataOf(answer([1, 2, 3, 4, null, null]), load).series[0]!.latest, 4)
  })

  it('name their gaps from their first missing point to the one that is there again', () => {
    assert.deepEqual(gapsOf(dataOf(answer([1, null, null, 4, 5, null]), load)), [
      { from: 10, to: 30 },
      { from: 50, to: 60 },
    ])
  })

  it('keep a value of nought: an idle disk is measured', () => {
    assert.deepEqual(dataOf(answer([0, 0, 0, 0, 0, 0]), load).series[0]!.known, true)
  })

  it('ask for no more names than the hub answers at once', () => {
    assert.ok(namesOf(hostCharts).length <= 16)
    assert.ok(namesOf(containerCharts).length <= 16)
  })

  it('lift the pen of a spark over a gap', () => {
    assert.equal(sparkPath([0, 1, null, null, 1], 1).match(/M/g)?.length, 2)
    assert.equal(sparkPath([0, 1, null, 1, 1], 1).match(/M/g)?.length, 1)
  })
})
