-- Secrets of authenticator apps are sealed under the hub's own keys: none goes while one of them is under it.
SELECT hold_sealed('totp', 'secret');
