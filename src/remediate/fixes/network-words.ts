/** What has to be so before a NetworkPolicy is relied on. */
export const CNI_ENFORCES = 'the CNI enforces NetworkPolicy: a policy that isolates a test pod really cuts it off';

/** What becomes of callers that a NetworkPolicy does not name. */
export const TIME_OUT =
  'callers that are not named time out instead of being refused; what runs on the node of a pod still gets to it';
