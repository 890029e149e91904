/** What an alert of each kind states, for programs. Texts for people are in {@link AlertOf.message}. */
export interface AlertFacts {
  /** Percent of what the kernel or V8 allows, whichever is nearest. */
  readonly memoryUsage: ThresholdFacts
  /** Resident memory, in MB. */
  readonly processMemory: ThresholdFacts
  /** A gauge of the caller, in MB. */
  readonly vectorStoreSize: ThresholdFacts
  /** MB per hour. */
  readonly memoryGrowth: ThresholdFacts
  /** Score from 0 to 100. */
  readonly memoryPressure: ThresholdFacts & { readonly level: PressureLevel }
  /** Ratio from 0 to 1; the subject is the cache. */
  readonly cacheHitRate: ThresholdFacts
  /** Percent of the cores that the process may use. */
  readonly cpu: ThresholdFacts
  readonly memoryLeak: LeakFacts
  /** The subject is the store. */
  readonly storeFailing: StoreFacts
}

export type AlertKind = keyof AlertFacts

export type AlertSeverity = 'warning' | 'critical'

export type PressureLevel = 'low' | 'moderate' | 'high' | 'critical'

export interface ThresholdFacts {
  readonly value: number
  readonly threshold: number
}

export interface LeakFacts {
  readonly growthMb: number
  readonly growthMbPerHour: number
  /** From 0 to 1. */
  readonly confidence: number
  /** What grew most, first. */
  readonly grew: readonly { readonly what: string; readonly bytes: number }[]
}

export interface StoreFacts {
  /** Code of the last error. */
  readonly code: string
  readonly failedCalls: number
}

/** Something that a rule found to be wrong just now. */
export interface FindingOf<K extends AlertKind> {
  readonly kind: K
  /** Which of several: a store, a cache. "" for the process as a whole. */
  readonly subject: string
  readonly severity: AlertSeverity
  /** One sentence for people, without contents or ids of users. */
  readonly message: string
  readonly facts: AlertFacts[K]
}

/** A finding that lasts, from when it was first reported until it has recovered. One per kind and subject. */
export interface AlertOf<K extends AlertKind> extends FindingOf<K> {
  /** The same for all notices about it. */
  readonly id: string
  /** Highest severity since it began. */
  readonly worst: AlertSeverity
  /** Milliseconds since 1970, as are the next two. */
  readonly since: number
  readonly lastSeen: number
  /** When it recovered; undefined while it lasts. */
  readonly until: number | undefined
  /** How often it was found. */
  readonly times: number
}

/** A finding of any kind: told apart by `kind`. */
export type Finding = { readonly [K in AlertKind]: FindingOf<K> }[AlertKind]

/** An alert of any kind: told apart by `kind`. */
export type Alert = { readonly [K in AlertKind]: AlertOf<K> }[AlertKind]

/** What channels and listeners are told about an alert, and when. */
export interface AlertNotice {
  readonly event: AlertEvent
  readonly alert: Alert
  readonly source: AlertSource
  /** Milliseconds since 1970. */
  readonly at: number
  /** Notices about the same kind and subject that were held back before this one. */
  readonly heldBack: number
}

/** `worsened`: to a higher severity than was told before. `reminder`: it still lasts. */
export type AlertEvent = 'raised' | 'worsened' | 'reminder' | 'recovered'

/** Whose alert it is: many processes may tell one channel. */
export interface AlertSource {
  readonly serviceName: string
  /** Host and process. @default "<host name>:<pid>" */
  readonly instance: string
}

/** True where `severity` is as high as `least`, or higher. */
export function isAtLeast(severity: AlertSeverity, least: AlertSeverity): boolean {
  return severity === 'critical' || least === 'warning'
}
