import { apiPlugin, sessionPlugin } from './account/plugin';

export default [apiPlugin, sessionPlugin];
