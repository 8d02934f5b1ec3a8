using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web;

/// <summary>The settings are wrong; nothing was started.</summary>
internal sealed class SettingsRefusedException(IReadOnlyList<SettingProblem> problems) : Exception(string.Join('\n', problems.Select(problem => $"{problem.Code}: {problem.Sentence}")))
{
    public IReadOnlyList<SettingProblem> Problems { get; } = problems;
}

/// <summary>Finds every fault of the settings at once: who mends one should not have to start again to hear of the next.</summary>
internal static class SettingsCheck
{
    /// <exception cref="SettingsRefusedException">At least one setting is wrong.</exception>
    public static void Refuse(Settings settings)
    {
        SettingProblem[] problems =
        [
            .. Connection(settings),
            .. Section<EmbeddingOptions>(settings, EmbeddingOptions.Section, EmbeddingOptionsValidator.Problems),
            .. (settings.Configuration.Get<PriceOptions>() ?? new()).Problems(),
            .. Section<BackfillOptions>(settings, BackfillOptions.Section, options => options.Problems()),
            .. Section<SignInOptions>(settings, "SignIn", SignIn),
        ];
        if (problems.Length > 0)
            throw new SettingsRefusedException(problems);
    }

    private static IEnumerable<SettingProblem> Connection(Settings settings)
    {
        if (settings.LeaveTheDatabaseOpen)
            yield break;
        if (settings.Configuration.GetConnectionString("Postgres") is not { Length: > 0 } connection)
        {
            yield return new(ErrorCodes.HalfConfigured, "Supabase:Url or Supabase:ServiceKey is set and ConnectionStrings:Postgres is not; set it to the project's connection string.");
            yield break;
        }

        if (WhyUnreadable(connection) is { } why)
            yield return new(ErrorCodes.ConnectionString, why);
    }

    private static string? WhyUnreadable(string connection)
    {
        try
        {
            using var database = DatabaseConnection.Open(connection);
            return null;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or FormatException or InvalidOperationException)
        {
            // The exception quotes the keyword or the value, and which of them the password went into nobody knows.
            return "ConnectionStrings:Postgres cannot be read; write it like Host=db.example.org;Username=postgres;Password=…;Database=postgres.";
        }
    }

    private static IEnumerable<SettingProblem> Section<T>(Settings settings, string section, Func<T, IEnumerable<SettingProblem>> problems)
        where T : class, new()
    {
        T options;
        try
        {
            options = settings.Configuration.GetSection(section).Get<T>() ?? new();
        }
        catch (InvalidOperationException unreadable)
        {
            return [new(ErrorCodes.OutOfRange, unreadable.Message)];
        }

        return problems(options);
    }

    private static IEnumerable<SettingProblem> SignIn(SignInOptions options) =>
        (new SignInOptionsValidator().Validate(null, options).Failures ?? []).Select(failure => failure.Split(": ", 2) is [var code, var sentence] && code.StartsWith("EA-", StringComparison.Ordinal)
            ? new SettingProblem(code, sentence)
            : new SettingProblem(ErrorCodes.OutOfRange, failure));
}
