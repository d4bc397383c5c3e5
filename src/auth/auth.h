#pragma once

// Who is asking: tokens and tickets (pure computation, any thread) and passwords (slow, threads of
// their own).
#include "auth/passwords.h"
#include "auth/tokens.h"
