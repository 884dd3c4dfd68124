// The TLS side of the test server: certificates made at run time and the context that shows them. Test support only.
#pragma once

#include "support/http_server.h"

struct ssl_ctx_st;

namespace pipit::test {

// The caller frees it with SSL_CTX_free.
ssl_ctx_st* server_context(const TestCertificate& certificate);

}  // namespace pipit::test
