using System.CommandLine;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>The options that say which rows a backfill takes.</summary>
internal sealed class ScopeOptions
{
    private static readonly Dictionary<string, CoverageState[]> States = new(StringComparer.Ordinal)
    {
        ["missing"] = [CoverageState.Missing],
        ["stale-text"] = [CoverageState.StaleText],
        ["stale-config"] = [CoverageState.StaleConfig],
        ["unstamped"] = [CoverageState.Unstamped],
        ["invalid"] = [CoverageState.Invalid],
        ["outdated"] = [.. CoverageStates.Mendable.Where(state => state != CoverageState.Missing)],
    };

    private readonly Option<string[]> _scope = new("--scope")
    {
        Description = "missing: without a vector. stale-text: edited since. stale-config: made with other settings. unstamped: of unknown origin. invalid: of no use. outdated: all but missing. May be given several times; missing when left out.",
    };

    private readonly Option<long?> _failedIn = new("--failed-in") { Description = "The rows that failed in this run and were not written since.", HelpName = "run" };
    private readonly Option<string?> _keys = new("--keys") { Description = "The rows with these keys, with commas between them, or in a file: @keys.txt.", HelpName = "keys" };
    private readonly Option<string?> _owner = new("--owner") { Description = "Only the rows of this owner.", HelpName = "owner" };
    private readonly Option<long?> _first = new("--first", "--limit") { Description = "At most so many rows, the first by their key.", HelpName = "rows" };

    /// <summary>Gives a verb these options, and refuses those that contradict each other.</summary>
    public void AddTo(Command verb)
    {
        _scope.AcceptOnlyFromAmong([.. States.Keys]);
        foreach (var option in new Option[] { _scope, _failedIn, _keys, _owner, _first })
            verb.Add(option);
        verb.Validators.Add(typed =>
        {
            var chosen = new Option[] { _scope, _failedIn, _keys }.Where(option => typed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();
            if (chosen.Count > 1)
                typed.AddError($"{string.Join(" and ", chosen)} contradict each other: each says which rows are meant.");
            if (typed.GetResult(_owner) is { Implicit: false } owner && !owner.Errors.Any() && string.IsNullOrEmpty(typed.GetValue(_owner)))
                typed.AddError("--owner names nobody.");
        });
    }

    /// <summary>What was typed.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.Usage"/>: the file of the keys cannot be read.</exception>
    public async Task<StartRequest> RequestAsync(ParseResult parsed, string table, CancellationToken cancel)
    {
        var request = new StartRequest(RunKind.Backfill, table)
        {
            Keys = parsed.GetValue(_keys) is { } keys ? KeyList.Read(await KeysAsync(keys, cancel)) : null,
            FailedIn = parsed.GetValue(_failedIn),
            Owner = parsed.GetValue(_owner),
            Limit = parsed.GetValue(_first),
        };
        return parsed.GetValue(_scope) is { Length: > 0 } scope ? request with { Scope = [.. scope.SelectMany(name => States[name]).Distinct()] } : request;
    }

    private static async Task<string> KeysAsync(string keys, CancellationToken cancel)
    {
        if (keys is not ['@', .. var file])
            return keys;
        try
        {
            return await File.ReadAllTextAsync(file, cancel);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new EmbeddingAdminException(ErrorCodes.Usage, $"The file of the keys, {file}, cannot be read. Nothing was started. Name a file after the @, or the keys themselves.", unreadable);
        }
    }
}
