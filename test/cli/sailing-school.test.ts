import { describe, expect, it } from 'vitest'
import { sailingSchool } from '../../src/cli/demo/sailing-school.ts'

describe("the demo's own conversation", () => {
  const { items, sessions } = sailingSchool()

  it('has sessions of differing age over weeks, in order', () => {
    expect(sessions.size).toBeGreaterThanOrEqual(8)
    expect(items.length).toBeGreaterThan(200)
    const times = items.map(({ item }) => item.createdAt)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(60 * 86_400_000)
  })

  it('is the same each time', () => {
    expect(sailingSchool()).toEqual({ ...sailingSchool() })
  })

  it('has one result for each tool call, after it, in the same session', () => {
    for (const session of sessions.values()) {
      const calls = session.filter(({ item }) => item.contentType === 'tool_call').map(({ item }) => item.callId)
      const results = session.filter(({ item }) => item.contentType === 'tool_result').map(({ item }) => item.callId)
      expect(results).toEqual(calls)
      expect(new Set(calls).size).toBe(calls.length)
    }
  })

  it('has results that are JSON', () => {
    for (const { item } of items) if (item.contentType === 'tool_result') JSON.parse(item.content)
  })
})
