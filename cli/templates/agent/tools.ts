const order = { type: 'string', description: 'number of the order' }

/** What the model is told it can do. Whether it is done is not the model's to say. */
export const TOOLS = [
  {
    name: 'look_up_order',
    description: 'What is known of an order.',
    parameters: { type: 'object', properties: { order }, required: ['order'] },
  },
  {
    name: 'refund_order',
    description: 'Pays money back. A person is asked first.',
    parameters: {
      type: 'object',
      properties: { order, cents: { type: 'integer', description: 'how much' } },
      required: ['order', 'cents'],
    },
  },
] as const
