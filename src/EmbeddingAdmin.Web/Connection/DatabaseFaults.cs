using Npgsql;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>What went wrong with the database, in words that name the cure.</summary>
internal static class DatabaseFaults
{
    public static EmbeddingAdminException Of(Exception fault) => fault switch
    {
        EmbeddingAdminException known => known,
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            new(ErrorCodes.DatabaseCredentials, "The database refused the user or the password of ConnectionStrings:Postgres. Nothing was read or changed. Set the right ones.", fault),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
            new("EA-DB-05", "The server has no database of the name that ConnectionStrings:Postgres gives. Nothing was read or changed. Set the right one.", fault),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => new(ErrorCodes.Grant, $"The database role lacks a right: {refused.MessageText}. Nothing was changed. Grant it.", fault),
        PostgresException sql => new(ErrorCodes.DatabaseFault, $"The database answered {sql.SqlState}: {sql.MessageText}. Nothing was changed.", fault),
        _ => new(ErrorCodes.DatabaseUnreachable, "The database does not answer. Nothing was read or changed. Check that it is running and that the address in the configuration is right.", fault),
    };

    public static bool IsRefusal(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName,
    };
}
