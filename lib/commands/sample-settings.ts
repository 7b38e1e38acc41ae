/**
 * The settings that `basegate init` writes.
 *
 * @module
 */

/** One gateway, with the settings that most teams add in comments. */
export const sampleSettings = `# basegate.yaml: the settings of your gateways.
#
# "basegate start" reads this file in the folder where it is started, and again whenever it changes: a good change holds
# from the next request on, a bad one is reported with line and column, and the last good one stays.
# "basegate check" tells what is wrong with it. Secrets stay out of it: env:NAME stands for a variable.

gateways:
  # {account_id}/{gateway_id}, as they stand in the URLs of its clients:
  # http://127.0.0.1:8787/v1/my-account/my-gateway/baseten/v1/chat/completions
  # Ids that are not listed here do not exist; an entry named "*" would stand for all of them.
  my-account/my-gateway:
    # Who may call. Without tokens anyone may with a key of their own, and this machine with the stored one.
    # tokens:
    #   - env:TOKEN_OF_ANN
    #   - env:TOKEN_OF_BOB

    # Stored keys, one of which the gateway sends for its callers. BASETEN_API_KEY is the default one.
    # provider_keys:
    #   baseten:
    #     default: env:BASETEN_API_KEY

    # Tries in all, the first included, where Baseten is busy or does not answer.
    retry_max_attempts: 2

    # Keep answers for so many seconds, and give them again to the same caller.
    # cache_ttl: 300

    # So many requests in so many seconds, each caller for itself.
    # rate_limits:
    #   - id: each
    #     limit: 60
    #     interval: 60
    #     per: [key]

    # No more than so many dollars a month, and who has spent what by the metadata "team" of the calls.
    # spend_limits:
    #   enabled: true
    #   rules:
    #     - id: monthly
    #       limit: 100
    #       limitType: cost
    #       window: month
    #       time_zone: Europe/Berlin
    #       technique: fixed
    #       enabled: true

    # What dedicated deployments cost: dollars for a minute of a replica, by the deployment's id.
    # prices:
    #   abcd1234: { minute: 0.0167, concurrency: 8 }

    # Entries of the log leave after so many seconds; bodies are kept only if you say so.
    # log_retention: 7776000
    # collect_log_payloads: true
`
