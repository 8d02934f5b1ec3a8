using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.SignIn;

internal static class SignInRegistration
{
    public static void AddSignIn(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<SignInOptions>()
            .BindConfiguration("SignIn")
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<SignInOptions>, SignInOptionsValidator>();
        services.AddSingleton<SignInMemory>();
        services.AddSingleton<SignInLinks>();
        services.AddSingleton<Sessions>();
        services.AddScoped<Operator>();

        services.AddAuthentication(SessionAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null);
        // Closed unless somebody opens it: a forgotten attribute leaves a door shut.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, SessionRevalidation>();

        services.AddSingleton<IConfigureOptions<RateLimiterOptions>, CredentialCheckLimit>();
        services.AddRateLimiter(_ => { });
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "embedding-admin-form";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.SuppressXFrameOptionsHeader = true;
        });
        services.AddDataProtection().SetApplicationName("EmbeddingAdmin").PersistKeysToFileSystem(KeyFolder.In(builder.Configuration));
    }
}
