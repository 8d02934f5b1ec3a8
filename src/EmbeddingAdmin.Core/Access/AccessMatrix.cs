namespace EmbeddingAdmin.Access;

/// <summary>Who can do what to a table: measured, never concluded from a key's name, a count or RETURNING.</summary>
/// <param name="Table">The configured table's name.</param>
/// <param name="Role">The name of the connection's role; empty when the database did not say.</param>
/// <param name="Cells">An answer for each identity and question.</param>
/// <param name="AsOf">When the last of them was measured.</param>
public sealed record AccessMatrix(string Table, string Role, IReadOnlyList<AccessCell> Cells, DateTimeOffset AsOf)
{
    /// <summary>The answer to a question of an identity.</summary>
    public AccessCell this[Identity identity, AccessQuestion question] => Cells.Single(cell => cell.Identity == identity && cell.Question == question);

    /// <summary>Who should and cannot: the connection's role unless it sees the row, changes it and the change sticks; of the others whose business it is, who was measured and cannot.</summary>
    public IReadOnlyList<Identity> Unable =>
        [.. Cells.Where(cell => cell.Identity.ShouldWrite && cell.Answer != AccessAnswer.Yes && (cell.Answer != AccessAnswer.NotMeasured || cell.Identity == Identity.Connection))
            .Select(cell => cell.Identity).Distinct()];

    /// <summary>Whether everybody can who should.</summary>
    public bool AllCan => Unable.Count == 0;
}
