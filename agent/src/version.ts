/** Of the agent, as it says it to its hub and as releases are named. */
export const version = '0.1.0'
