#pragma once

// Who is asking: tokens and tickets (pure computation, any thread), the tokens of an external
// issuer and passwords (slow, threads of their own).
#include "auth/authenticator.h"
#include "auth/external_tokens.h"
#include "auth/passwords.h"
#include "auth/tokens.h"
