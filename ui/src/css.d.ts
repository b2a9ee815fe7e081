/** The build gathers stylesheets; an import only says that a module needs one. */
declare module '*.css'
