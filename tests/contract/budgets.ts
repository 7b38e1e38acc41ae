/** Spend limits for cases, and what their requests cost. */

/** A gateway's budgets: 1 USD each, for so long that no case sees the end of it, unless told otherwise. */
export const budget = (...rules: ReadonlyArray<object>) => ({
  spend_limits: {
    enabled: true,
    rules: rules.map((rule, index) => ({
      id: `rule-${index}`,
      limit: 1,
      limitType: "cost",
      window: 2_678_400,
      technique: "fixed",
      enabled: true,
      ...rule,
    })),
  },
})

/** The header that says what a request costs, in USD. */
export const costing = (total_cost: number): Record<string, string> => ({
  "cf-aig-custom-cost": JSON.stringify({ total_cost }),
})
