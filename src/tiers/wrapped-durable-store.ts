import type { DurableStore } from './durable-store.ts'

/**
 * A durable store around another one, of which every call but `open` and `close` goes one way: whoever extends it says
 * once what happens around a call.
 */
export abstract class WrappedDurableStore implements DurableStore {
  readonly name: string
  readonly capabilities: DurableStore['capabilities']
  readonly foreignChanges?: () => number
  readonly watch?: NonNullable<DurableStore['watch']>
  readonly scrub?: () => Promise<void>
  readonly dataId?: () => string
  protected readonly store: DurableStore

  constructor(store: DurableStore) {
    this.store = store
    this.name = store.name
    this.capabilities = store.capabilities
    if (store.foreignChanges !== undefined) this.foreignChanges = () => store.foreignChanges!()
    if (store.dataId !== undefined) this.dataId = () => store.dataId!()
    if (store.scrub !== undefined) this.scrub = () => this.call('scrub', () => store.scrub!())
    if (store.watch !== undefined) this.watch = (listener) => store.watch!(listener)
  }

  open(): Promise<void> {
    return this.store.open()
  }

  close(): Promise<void> {
    return this.store.close()
  }

  append(...args: Parameters<DurableStore['append']>): ReturnType<DurableStore['append']> {
    return this.call('append', () => this.store.append(...args))
  }

  load(...args: Parameters<DurableStore['load']>): ReturnType<DurableStore['load']> {
    return this.call('load', () => this.store.load(...args))
  }

  getSegment(...args: Parameters<DurableStore['getSegment']>): ReturnType<DurableStore['getSegment']> {
    return this.call('getSegment', () => this.store.getSegment(...args))
  }

  commit(...args: Parameters<DurableStore['commit']>): ReturnType<DurableStore['commit']> {
    return this.call('commit', () => this.store.commit(...args))
  }

  touch(...args: Parameters<DurableStore['touch']>): ReturnType<DurableStore['touch']> {
    return this.call('touch', () => this.store.touch(...args))
  }

  due(...args: Parameters<DurableStore['due']>): ReturnType<DurableStore['due']> {
    return this.call('due', () => this.store.due(...args))
  }

  list(...args: Parameters<DurableStore['list']>): ReturnType<DurableStore['list']> {
    return this.call('list', () => this.store.list(...args))
  }

  protected abstract call<T>(operation: string, body: () => Promise<T>): Promise<T>
}
