'use strict';
const { coreServices, createBackendModule } = require('@backstage/backend-plugin-api');
const { catalogProcessingExtensionPoint } = require('@backstage/plugin-catalog-node');

// Asks `reconciler backstage --serve` for every entity, and gives the catalog just those.
module.exports = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'access',
  register(env) {
    env.registerInit({
      deps: {
        catalog: catalogProcessingExtensionPoint,
        config: coreServices.rootConfig,
        scheduler: coreServices.scheduler,
      },
      async init({ catalog, config, scheduler }) {
        const url = config.getString('access.url');
        const token = config.getString('access.token');
        const from = { 'backstage.io/managed-by-location': `url:${url}`, 'backstage.io/managed-by-origin-location': `url:${url}` };
        const located = entity => ({
          ...entity,
          metadata: { ...entity.metadata, annotations: { ...entity.metadata.annotations, ...from } },
        });
        let etag = '';
        catalog.addEntityProvider({
          getProviderName: () => 'access',
          async connect(connection) {
            const refresh = async () => {
              const answer = await fetch(url, { headers: { authorization: `Bearer ${token}`, 'if-none-match': etag } });
              if (answer.status === 304) return;
              if (!answer.ok) throw new Error(`access: ${answer.status} from ${url}`);
              const { entities } = await answer.json();
              await connection.applyMutation({
                type: 'full',
                entities: entities.map(entity => ({ entity: located(entity), locationKey: 'access' })),
              });
              etag = answer.headers.get('etag');
            };
            await scheduler.scheduleTask({ id: 'access', frequency: { minutes: 1 }, timeout: { minutes: 5 }, fn: refresh });
          },
        });
      },
    });
  },
});
