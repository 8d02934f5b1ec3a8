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

    /// <summary>Whether the connection's role sees the row, changes it and the change sticks, and nobody else whose business it is was measured and cannot.</summary>
    public bool AllCan =>
        Cells.Where(cell => cell.Identity == Identity.Connection).All(cell => cell.Answer == AccessAnswer.Yes)
        && Cells.Where(cell => cell.Identity.ShouldWrite).All(cell => cell.Answer is AccessAnswer.Yes or AccessAnswer.NotMeasured);
}
