import { shop } from './vue.mjs';

shop().mount('#app');
