namespace EmbeddingAdmin.Access.Why;

/// <summary>Where an update asks a policy, in the order in which a row can fail.</summary>
internal enum Clause
{
    /// <summary>Is the row visible? An update that names its row changes only what it sees.</summary>
    SelectOld,

    /// <summary>May the row be changed?</summary>
    UpdateOld,

    /// <summary>May it become what it would be?</summary>
    UpdateNew,

    /// <summary>Is what it would be visible?</summary>
    SelectNew,
}

/// <summary>A policy that holds for the role, asked of the row in one place.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Clause">Where.</param>
/// <param name="Lets">Whether it lets the row through; null when it could not be asked, or raised an error.</param>
/// <param name="Raised">The error, without any row's text.</param>
/// <param name="Denied">The tables that it asks and that the role may not read, quoted.</param>
internal sealed record AskedPolicy(PolicyFacts Policy, Clause Clause, bool? Lets, string? Raised, IReadOnlyList<string> Denied)
{
    /// <summary>The clause of the policy that is asked here.</summary>
    public string Word => Clause == Clause.UpdateNew && Policy.Check is not null ? "WITH CHECK" : "USING";

    /// <summary>The clause's text.</summary>
    public string Text => Finding.Flat((Word == "USING" ? Policy.Using : Policy.Check)!);
}

/// <summary>What keeps the row from coming through.</summary>
/// <param name="Clause">Where.</param>
/// <param name="Role">The role.</param>
/// <param name="By">The policies that reject it: one restrictive, one that raises an error, or all permissive ones; none when there is no permissive one.</param>
internal sealed record Rejection(Clause Clause, string Role, IReadOnlyList<AskedPolicy> By)
{
    /// <summary>The policy that raises an error; null when none does.</summary>
    public AskedPolicy? Raising => By.FirstOrDefault(asked => asked.Raised is not null);

    /// <summary>The restrictive policy; null when it is none.</summary>
    public PolicyFacts? Restrictive => By is [{ Policy.Permissive: false, Raised: null } only] ? only.Policy : null;

    /// <summary>It in words, as the end of a sentence.</summary>
    public string Words => this switch
    {
        { Raising: { } raising } => $"the policy {Quoted(raising.Policy)} raises an error when it is asked ({raising.Raised})",
        { By: [], Clause: Clause.SelectOld or Clause.SelectNew } => $"no SELECT policy shows {Role} any row, and an update that names its row changes only what the role sees",
        { By: [] } => $"no UPDATE policy lets {Role} change any row",
        { By: [var only] } => $"the {only.Word} clause of the {(only.Policy.Permissive ? "" : "restrictive ")}policy {Quoted(only.Policy)} rejects {Row}",
        _ => $"the {By[0].Word} clause of each of the policies {string.Join(", ", By.Select(asked => Quoted(asked.Policy)))} rejects {Row}",
    };

    private string Row => Clause switch
    {
        Clause.SelectOld or Clause.UpdateOld => "this row",
        Clause.UpdateNew => "the row as it would be",
        _ => "the row as it would be, which has to stay visible when an update names its row",
    };

    private static string Quoted(PolicyFacts policy) => $"\"{policy.Name}\"";
}

/// <summary>The policies of the table, asked of one row as Postgres asks them.</summary>
/// <param name="Role">The role.</param>
/// <param name="Asked">Those that hold for the role, in each place where they are asked.</param>
/// <param name="All">All policies of the table.</param>
/// <param name="NotAsked">Why they could not be asked of the row; null when they were.</param>
internal sealed record PolicyReport(string Role, IReadOnlyList<AskedPolicy> Asked, IReadOnlyList<PolicyFacts> All, string? NotAsked)
{
    /// <summary>What rejects the row in the first of these places; null when nothing is known to.</summary>
    public Rejection? Rejects(params ReadOnlySpan<Clause> clauses)
    {
        foreach (var clause in clauses)
        {
            var here = Asked.Where(asked => asked.Clause == clause).ToList();
            if (here.Find(asked => asked.Raised is not null) is { } raising)
                return new(clause, Role, [raising]);
            if (here.Find(asked => !asked.Policy.Permissive && asked.Lets == false) is { } restrictive)
                return new(clause, Role, [restrictive]);
            var permissive = here.FindAll(asked => asked.Policy.Permissive);
            if (permissive.TrueForAll(asked => asked.Lets == false))
                return new(clause, Role, permissive);
        }

        return null;
    }

    /// <summary>The restrictive policies that reject the row, as it is or as it would be.</summary>
    public IReadOnlyList<PolicyFacts> Restricting => Policies(asked => !asked.Policy.Permissive && asked.Lets == false);

    /// <summary>The policies that raise an error of their own making.</summary>
    public IReadOnlyList<PolicyFacts> Raising => Policies(asked => asked is { Raised: not null, Denied.Count: 0 });

    /// <summary>Whether no permissive policy lets the row through in one of these places.</summary>
    public bool Lacks(params ReadOnlySpan<Clause> clauses)
    {
        foreach (var clause in clauses)
        {
            if (Asked.Where(asked => asked.Clause == clause && asked.Policy.Permissive).All(asked => asked.Lets == false))
                return true;
        }

        return false;
    }

    private IReadOnlyList<PolicyFacts> Policies(Func<AskedPolicy, bool> which) => [.. Asked.Where(which).Select(asked => asked.Policy).Distinct()];

    /// <summary>A line for each policy that has a say in an update: its text, and what it says of this row.</summary>
    public IReadOnlyList<string> Lines =>
    [
        .. All.Where(policy => policy.Command is "select" or "update" or "all").Select(Line),
        .. NotAsked is null ? Array.Empty<string>() : [NotAsked],
        .. Rejects(Clause.SelectOld) is not null && Asked.Any(asked => asked.Clause == Clause.UpdateOld) && Rejects(Clause.UpdateOld) is null
            ? ["An update without a WHERE asks no SELECT policy: it would change every row that the UPDATE policies let through."] : Array.Empty<string>(),
    ];

    private string Line(PolicyFacts policy)
    {
        var head = $"\"{policy.Name}\" ({policy.Command}, {(policy.Permissive ? "permissive" : "restrictive")}, to {string.Join(", ", policy.Roles)})";
        var here = Asked.Where(asked => asked.Policy.Name == policy.Name).ToList();
        if (here.Count > 0)
            return $"{head}: {string.Join("; ", here.GroupBy(asked => (asked.Word, asked.Text)).Select(group => $"{group.Key.Word} ({group.Key.Text}) {string.Join(" and ", group.Select(Says).Distinct(StringComparer.Ordinal))}"))}";
        var text = string.Concat(policy.Using is null ? "" : $" USING ({Finding.Flat(policy.Using)})", policy.Check is null ? "" : $" WITH CHECK ({Finding.Flat(policy.Check)})");
        return text.Length == 0 ? $"{head}: has no condition, which adds nothing" : $"{head}:{text} is not for {Role}";
    }

    private static string Says(AskedPolicy asked) => (asked.Lets, asked.Raised, asked.Clause) switch
    {
        (_, { } error, _) => $"raises an error ({error})",
        (true, _, Clause.SelectOld or Clause.UpdateOld) => "lets this row through",
        (true, _, _) => "lets the row as it would be through",
        (false, _, Clause.SelectOld or Clause.UpdateOld) => "rejects this row",
        (false, _, _) => "rejects the row as it would be",
        _ => "was not asked",
    };
}
