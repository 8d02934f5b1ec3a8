using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>The section <c>SignIn</c> of the configuration.</summary>
internal sealed class SignInOptions
{
    /// <summary>Characters that a token must have at least.</summary>
    public const int ShortestToken = 12;

    /// <summary>What may be typed instead of opening a link: at least 12 characters. None by default; EMBEDDINGADMIN_TOKEN sets it too.</summary>
    public string? Token { get; set; }

    /// <summary>Attempts that one address may make in a minute, right or wrong.</summary>
    public int AttemptsPerMinute { get; set; } = 5;

    /// <summary>Attempts that all addresses together may make in a minute.</summary>
    public int AttemptsPerMinuteOfAll { get; set; } = 30;
}

internal sealed class SignInOptionsValidator : IValidateOptions<SignInOptions>
{
    public ValidateOptionsResult Validate(string? name, SignInOptions options) =>
        options.Token is { Length: < SignInOptions.ShortestToken }
            ? ValidateOptionsResult.Fail($"{ErrorCodes.SignInTokenTooShort}: SignIn:Token (or EMBEDDINGADMIN_TOKEN) has fewer than {SignInOptions.ShortestToken} characters. "
                + "The dashboard was not started. Set a longer one, or none: a link is printed at every start.")
            : options is { AttemptsPerMinute: < 1 } or { AttemptsPerMinuteOfAll: < 1 }
                ? ValidateOptionsResult.Fail("SignIn:AttemptsPerMinute and SignIn:AttemptsPerMinuteOfAll must be at least 1. The dashboard was not started.")
                : ValidateOptionsResult.Success;
}
