import type { RedisServer } from './redis.ts'
import { ask } from './resp.ts'

/** One line of CLUSTER NODES: what one node holds to be true of another, or of itself. */
export interface NodeView {
  readonly id: string
  readonly port: number
  readonly isSelf: boolean
  /** Reachable, introduced, and not called failed. */
  readonly isWell: boolean
  /** Id of the primary that it copies; "-" for a primary. */
  readonly copies: string
  /** Of two nodes that both claim a slot, the higher one is right. */
  readonly epoch: number
  readonly slots: readonly (readonly [first: number, last: number])[]
}

/** What a node holds to be true of each node that it knows. */
export async function clusterView(node: RedisServer): Promise<readonly NodeView[]> {
  const text = String(await ask(node, 'CLUSTER', 'NODES'))
  return text.trim().split('\n').map(parseLine)
}

export function servesSlot(view: NodeView, slot: number): boolean {
  return view.copies === '-' && view.slots.some(([first, last]) => first <= slot && slot <= last)
}

/** Whether all these nodes hold the same to be true of one another, all slots are served, and replicas are in step. */
export async function agree(nodes: readonly RedisServer[]): Promise<boolean> {
  const ports = new Set(nodes.map(({ port }) => port))
  const views = await Promise.all(nodes.map((node) => clusterView(node)))
  const known = views.map((view) => view.filter((node) => ports.has(node.port)))
  const opinions = new Set(known.map((view) => JSON.stringify(view.map(opinion).sort())))
  if (opinions.size > 1 || !known.every((view) => view.length === nodes.length && view.every((n) => n.isWell))) {
    return false
  }
  const healthy = await Promise.all(nodes.map(servesAndFollows))
  return healthy.every(Boolean)
}

function opinion({ port, copies, slots }: NodeView): readonly unknown[] {
  return [port, copies, slots]
}

async function servesAndFollows(node: RedisServer): Promise<boolean> {
  const state = String(await ask(node, 'CLUSTER', 'INFO'))
  const replication = String(await ask(node, 'INFO', 'replication'))
  return state.includes('cluster_state:ok') && !replication.includes('master_link_status:down')
}

// <id> <ip:port@bus> <flags> <primary> <ping sent> <pong received> <epoch> <link> <slot> ...
// https://redis.io/docs/latest/commands/cluster-nodes/
function parseLine(line: string): NodeView {
  const [id = '', address = '', flags = '', copies = '', , , epoch, link, ...slots] = line.trim().split(' ')
  const isSelf = flags.includes('myself')
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    isSelf,
    isWell: !/fail|handshake|noaddr/.test(flags) && (isSelf || link === 'connected'),
    copies,
    epoch: Number(epoch),
    // In brackets: slots on the way to or from another node.
    slots: slots.filter((slot) => !slot.startsWith('[')).map(parseSlots),
  }
}

function parseSlots(text: string): readonly [number, number] {
  const [first = '', last = first] = text.split('-')
  return [Number(first), Number(last)]
}
