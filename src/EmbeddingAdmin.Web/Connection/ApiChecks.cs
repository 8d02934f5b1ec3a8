using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Says in a line each what the project's API is reached with: its address, and what its keys are, never the keys. The page Access says the rest.</summary>
internal static class ApiChecks
{
    public static IReadOnlyList<Check> Of(SupabaseUrl? project, IReadOnlyList<KeyReport> keys) => project is null
        ? [new(Mark.Note, "Address", "not set", "The API is left out: what the app's keys can do is not measured. Set Supabase:Url to have a second opinion.")]
        : [new(Mark.Right, "Address", project.Root), .. keys.Where(key => key.Setting != KeySetting.Provider).Select(Of)];

    /// <summary>A key in a line: what it is, and the gravest thing that is to be said of it.</summary>
    public static Check Of(KeyReport report)
    {
        var what = report.Setting.Title;
        if (report.Key is not { } key)
            return report.Refused is { Problem: var why }
                ? new(Mark.Note, what, "not set", why.Sentence, why.Code)
                : new(Mark.Note, what, "not set", $"What it can do is not measured. Set {report.Setting}.");
        string?[] facts =
        [
            report.Kind,
            key.Project is { } named ? $"of project {named}" : null,
            key.Expires is { } expires ? $"expires {expires:yyyy-MM-dd}" : null,
            $"fingerprint {key.Fingerprint}",
        ];
        var found = string.Join(", ", facts.OfType<string>());
        if (report.Fault is { } fault)
            return new(Mark.Wrong, what, found, fault.Sentence, fault.Code);
        return (report.Refused?.Problem ?? report.Warnings.FirstOrDefault()) is { } known
            ? new(Mark.Note, what, found, known.Sentence, known.Code)
            : new(Mark.Right, what, found);
    }
}
