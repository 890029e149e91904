import type { ClusterOptions, RedisOptions } from 'ioredis'

export type RedisSettings = Omit<RedisOptions, 'replyMapping' | 'retryStrategy'> & {
  readonly retryStrategy: () => number
}
type ClusterSettings = Omit<ClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<RedisSettings, 'retryStrategy' | 'enableOfflineQueue'>
}

/**
 * Settings of ioredis 6 for a cache that may be gone, slow or replaced at any time: a call fails at once rather than
 * wait for a server, nothing is sent twice, and the connection is back within two seconds after its server is.
 */
export function redisSettings(random: () => number): RedisSettings {
  return {
    // Nothing is sent again after a cut: the server may have done it already.
    maxRetriesPerRequest: 0,
    // A queue would have no bound, and what waits in it takes effect long after its caller gave up.
    enableOfflineQueue: false,
    retryStrategy: retryDelay(random),
    // With the longest delay between attempts, two seconds.
    connectTimeout: 1_500,
    // Runs only while an answer is awaited, so an idle connection is left alone; a frozen server is given up,
    // also where it takes connections still and Sentinels know of no better one yet: five seconds are for several attempts.
    socketTimeout: 1_000,
    disconnectTimeout: 200,
    keepAlive: 10_000,
    // A server that is loading its snapshot says how long that takes; ask sooner than that.
    maxLoadingRetryTime: 500,
    // A primary that became a replica: another connection finds the new one. 1 does not send the command again, 2 would.
    reconnectOnError: (error) => (error.message.includes("READONLY You can't write") ? 1 : false),
    // CLIENT SETINFO is an error before Redis 7.2, and refused by some managed services.
    disableClientInfo: true,
  }
}

/** What holds for a cluster as a whole; `nodes` for each of its connections, which the cluster replaces by itself. */
export function clusterSettings({ retryStrategy, enableOfflineQueue, ...nodes }: RedisSettings): ClusterSettings {
  return {
    redisOptions: nodes,
    clusterRetryStrategy: retryStrategy,
    enableOfflineQueue: enableOfflineQueue ?? false,
    // Zero: not sent again. Redirections are followed all the same, since who redirects did nothing.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 5,
    slotsRefreshTimeout: 1_000,
    slotsRefreshInterval: 10_000,
    // Certificates are for names; ioredis would look up the address first and check against that.
    ...(nodes.tls ? { dnsLookup: (name, callback) => callback(null, name) } : {}),
  }
}

/** Random, so that the clients of a server that comes back don't all come at once. */
function retryDelay(random: () => number): () => number {
  return () => 50 + 450 * random()
}
