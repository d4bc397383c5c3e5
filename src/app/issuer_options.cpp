#include "app/issuer_options.h"

#include <CLI/CLI.hpp>

namespace fairlead::app {

void add_issuer_options(CLI::App& serve, Config& config) {
  serve
      .add_option("--jwt-alg", config.jwt_alg,
                  "Accept an external issuer's JWTs, signed with this and nothing else: HS256,\n"
                  "RS256, ES256 or EdDSA. Needs a key, --jwt-issuer and --jwt-audience")
      ->envname("FAIRLEAD_JWT_ALG")
      ->check(CLI::IsMember({"HS256", "RS256", "ES256", "EdDSA"}));
  auto* key = serve
                  .add_option("--jwt-key", config.jwt_key,
                              "File with the issuer's public key (PEM), or for HS256 the secret; "
                              "read anew when it\n"
                              "changes, as is")
                  ->envname("FAIRLEAD_JWT_KEY");
  serve
      .add_option("--jwt-jwks", config.jwt_jwks,
                  "... a JWKS file: several keys, of which a token names one (kid)")
      ->envname("FAIRLEAD_JWT_JWKS")
      ->excludes(key);
  serve.add_option("--jwt-issuer", config.jwt_issuer, "What their iss must be")
      ->envname("FAIRLEAD_JWT_ISSUER");
  serve.add_option("--jwt-audience", config.jwt_audience, "What must be in their aud")
      ->envname("FAIRLEAD_JWT_AUDIENCE");
  serve
      .add_option("--jwt-leeway-seconds", config.jwt_leeway_seconds,
                  "How far the issuer's clock may be ahead (nbf, iat); exp is not stretched")
      ->envname("FAIRLEAD_JWT_LEEWAY_SECONDS")
      ->check(CLI::Range(0, 300))
      ->capture_default_str();
}

Result<std::optional<auth::ExternalTokens::Settings>> issuer_settings(const Config& config) {
  const bool has_file = !config.jwt_key.empty() || !config.jwt_jwks.empty();
  const bool says_any = has_file || !config.jwt_issuer.empty() || !config.jwt_audience.empty() ||
                        !config.jwt_alg.empty();
  if (!says_any) return std::optional<auth::ExternalTokens::Settings>();
  std::string missing;
  const auto need = [&missing](bool there, const char* option) {
    if (!there) missing += std::string(missing.empty() ? "" : ", ") + option;
  };
  need(!config.jwt_alg.empty(), "--jwt-alg");
  need(has_file, "--jwt-key or --jwt-jwks");
  need(!config.jwt_issuer.empty(), "--jwt-issuer");
  need(!config.jwt_audience.empty(), "--jwt-audience");
  if (!missing.empty()) {
    return fail(ErrorCode::kBadRequest, "an external issuer's tokens need " + missing + ", too");
  }
  const auto alg = auth::parse_jwt_alg(config.jwt_alg);
  if (!alg) return fail(ErrorCode::kBadRequest, "--jwt-alg " + config.jwt_alg + " is not known");
  auth::ExternalTokens::Settings settings;
  settings.rules = {*alg, config.jwt_issuer, config.jwt_audience,
                    std::chrono::seconds(config.jwt_leeway_seconds)};
  const bool jwks = !config.jwt_jwks.empty();
  settings.form = jwks ? auth::JwtKeyFile::Form::kJwks : auth::JwtKeyFile::Form::kKey;
  settings.path = jwks ? config.jwt_jwks : config.jwt_key;
  return std::optional(std::move(settings));
}

}  // namespace fairlead::app
