import './styles.css'
import { render } from 'solid-js/web'
import { App } from './app.tsx'

const theme = localStorage.getItem('theme')
if (theme !== null) document.documentElement.dataset['theme'] = theme
render(() => <App />, document.getElementById('app')!)
